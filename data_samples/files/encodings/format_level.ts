// Formats water levels for a list; the file begins with a mark that some editors write.
export type Unit = 'm' | 'cm' | 'ft';

const FACTOR: Record<Unit, number> = { m: 1, cm: 100, ft: 3.28084 };
const DIGITS: Record<Unit, number> = { m: 2, cm: 0, ft: 1 };

export function formatLevel(metres: number, unit: Unit, locale = 'en'): string {
  if (!Number.isFinite(metres)) return '–';
  const value = metres * FACTOR[unit];
  const number = new Intl.NumberFormat(locale, {
    minimumFractionDigits: DIGITS[unit],
    maximumFractionDigits: DIGITS[unit],
    signDisplay: 'exceptZero',
  }).format(value);
  return `${number} ${unit}`;
}

export function parseUnit(text: string): Unit {
  if (text in FACTOR) return text as Unit;
  throw new RangeError(`unknown unit "${text}", known are ${Object.keys(FACTOR).join(', ')}`);
}
