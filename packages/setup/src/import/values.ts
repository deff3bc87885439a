/** Values of an ecosystem file as PM2 reads them: numbers may be texts, and lists may be one text. */

/** Undefined for what is no number. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Words of a command line, or the items of a list. A word that is quoted as a whole loses its quotes, as in PM2. */
export function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((item) => item !== null && item !== undefined).map(String);
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'string') return [];
  const words = value.match(/[^\s"'=]+=(?:"[^"]*"|'[^']*')|"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.map((word) => /^(["'])(.*)\1$/s.exec(word)?.[2] ?? word).filter((word) => word.trim() !== '');
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export type RawObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
