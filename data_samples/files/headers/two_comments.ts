/**
 * @license
 * Copyright Meridian Maps Inc. All Rights Reserved.
 *
 * Use of this source code is governed by an MIT-style license that can be
 * found in the LICENSE file at https://meridian-maps.dev/license
 */

/**
 * Encodes paths of coordinates as short strings. Differences between neighbours are small numbers, small
 * numbers take few characters. This comment explains the code and must stay.
 */
export function encodePath(points: ReadonlyArray<readonly [number, number]>, precision = 5): string {
  const scale = 10 ** precision;
  let previous: [number, number] = [0, 0];
  let text = '';
  for (const [latitude, longitude] of points) {
    const current: [number, number] = [Math.round(latitude * scale), Math.round(longitude * scale)];
    text += encodeNumber(current[0] - previous[0]) + encodeNumber(current[1] - previous[1]);
    previous = current;
  }
  return text;
}

function encodeNumber(value: number): string {
  let rest = value < 0 ? ~(value << 1) : value << 1;
  let text = '';
  while (rest >= 0x20) {
    text += String.fromCharCode((0x20 | (rest & 0x1f)) + 63);
    rest >>>= 5;
  }
  return text + String.fromCharCode(rest + 63);
}
