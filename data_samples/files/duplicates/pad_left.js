'use strict';

/** Pads a value on the left until it is `width` characters wide; never cuts. */
function padLeft(value, width, fill = ' ') {
  const text = String(value);
  if (fill.length === 0) throw new RangeError('padLeft: the fill must not be empty');
  const missing = width - text.length;
  if (missing <= 0) return text;
  const times = Math.ceil(missing / fill.length);
  return fill.repeat(times).slice(0, missing) + text;
}

/** A table of right-aligned columns as one string. */
function alignRight(rows) {
  const widths = [];
  for (const row of rows) {
    row.forEach((cell, i) => { widths[i] = Math.max(widths[i] || 0, String(cell).length); });
  }
  return rows.map((row) => row.map((cell, i) => padLeft(cell, widths[i])).join('  ')).join('\n');
}

module.exports = { padLeft, alignRight };
