/** Texts of strangers on their way into a line: it stays one line, and no text ends the field that it stands in. */

/** A longer text is cut, and three dots follow: characters of one field, before they are escaped. */
export const LONGEST_FIELD = 4_096;

const PLAIN = /^[ !#-[\]-~]*$/;

const isPlain = (text: string): boolean => text.length <= LONGEST_FIELD && PLAIN.test(text);

const cut = (text: string): string =>
  text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}...` : text;

const hex = (byte: number, digits: number): string => byte.toString(16).padStart(digits, '0');

/** As Apache does: `\"`, `\\`, and `\xHH` for each byte that is not printable ASCII. */
export const escapeText = (text: string): string =>
  isPlain(text) ? text : cut(text).replace(/[^ !#-[\]-~]/gu, escapeCharacter);

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.charCodeAt(0);
  // Headers hold one byte in each character. Others come from an environment variable, say.
  const bytes = code <= 0xff ? [code] : [...Buffer.from(character)];
  return bytes.map((byte) => `\\x${hex(byte, 2)}`).join('');
}

/** A string of JSON that is ASCII. */
export const quote = (text: string): string =>
  isPlain(text) ? `"${text}"` : JSON.stringify(cut(text)).replace(/[\x7f-\uffff]/g, escapeUnit);

const escapeUnit = (unit: string): string => `\\u${hex(unit.charCodeAt(0), 4)}`;
