/** Figures as text. Widths stay alike, so that columns of numbers do not jump. */

/** Stands for what is not known. */
export const UNKNOWN = '–';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A rate or a count: `0`, `0.4`, `12.3`, `1,204`. */
export function number(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value === 0 || value >= 100 || Number.isInteger(value) ? whole.format(value) : tenths.format(value);
}

export const count = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : whole.format(value);

/** Milliseconds: `3.2 ms`, `850 ms`, `2.4 s`. */
export function ms(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  if (value < 9.95) return `${tenths.format(value)} ms`;
  return value < 999.5 ? `${whole.format(value)} ms` : `${tenths.format(value / 1000)} s`;
}

/** Bytes: `84 MB`, `1.2 GB`. */
export function bytes(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value < 999.5e6 ? `${whole.format(value / 1e6)} MB` : `${tenths.format(value / 1e9)} GB`;
}

/** A part from 0 to 1: `0 %`, `42 %`. */
export const percent = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : `${whole.format(value * 100)} %`;

export const cores = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : (Math.round(value * 100) / 100).toFixed(2);

/** A time span: `8 s`, `3 m 04 s`, `2 h 11 m`, `5 d 03 h`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${two(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${two(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

/** The length of an operation: `80 ms`, `2.4 s`, `3 m 04 s`. */
export const took = (milliseconds: number): string =>
  milliseconds < 60_000 ? ms(Math.round(milliseconds)).replace('.0 ms', ' ms') : span(milliseconds);

/** Local time of day. */
export function clock(at: number, withSeconds = true): string {
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
