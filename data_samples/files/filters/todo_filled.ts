// Exercise sheet 4: complete the functions. Each one has a place that is marked.

export interface Track {
  title: string;
  seconds: number;
}

export function totalSeconds(tracks: Track[]): number {
  // TODO: add up the lengths
  return 0;
}

export function longest(tracks: Track[]): Track | undefined {
  // TODO: find the longest track
  return undefined;
}

export function byTitle(tracks: Track[]): Track[] {
  // your code here
  return tracks;
}

export function shuffle(tracks: Track[], seed: number): Track[] {
  // FIXME: this always gives the same order
  return tracks;
}

export function formatLength(track: Track): string {
  // TODO: minutes and seconds, with a leading zero
  return '';
}

export function split(tracks: Track[], seconds: number): Track[][] {
  // TODO: sides of a record must not be longer than `seconds`
  return [tracks];
}
