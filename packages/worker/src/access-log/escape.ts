/** Texts of strangers on their way into a line: it stays one line, and no text ends the field that it stands in. */
import type { Ascii, Out } from './out.ts';

/** A longer text is cut, and three dots follow: characters of one field, before they are escaped. */
export const LONGEST_FIELD = 4_096;

const cut = (text: string): string =>
  text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}...` : text;

const hex = (byte: number, digits: number): string => byte.toString(16).padStart(digits, '0');

/** As Apache does: `\"`, `\\`, and `\xHH` for each byte that is not printable ASCII. */
export const escapeText = (text: string): string => cut(text).replace(/[^ !#-[\]-~]/gu, escapeCharacter);

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.charCodeAt(0);
  // Headers hold one byte in each character. Others come from an environment variable, say.
  const bytes = code <= 0xff ? [code] : [...Buffer.from(character)];
  return bytes.map((byte) => `\\x${hex(byte, 2)}`).join('');
}

/** A string of JSON that is ASCII. */
export const quote = (text: string): string =>
  JSON.stringify(cut(text)).replace(/[\x7f-\uffff]/g, escapeUnit);

const escapeUnit = (unit: string): string => `\\u${hex(unit.charCodeAt(0), 4)}`;

/** Writes a text as `escapeText` has it. */
export function writeText(out: Out, text: string): void {
  if (text.length > LONGEST_FIELD || !out.plain(text)) out.ascii(escapeText(text));
}

/** Writes a text as `quote` has it, without the quotes around it. */
export function writeQuoted(out: Out, text: string): void {
  if (text.length > LONGEST_FIELD || !out.plain(text)) out.ascii(quote(text).slice(1, -1));
}

/**
 * Writes the texts of one field. A text that comes again, as the user agent of a client does, is copied instead of being
 * looked at character by character.
 */
export class Repeated {
  readonly #write: (out: Out, text: string) => void;
  #text: string | undefined;
  /** Made when the text comes for the second time. */
  #bytes: Ascii | undefined;

  /** @param write `writeText` or `writeQuoted` */
  constructor(write: (out: Out, text: string) => void) {
    this.#write = write;
  }

  write(out: Out, text: string): void {
    if (text !== this.#text) {
      this.#text = text;
      this.#bytes = undefined;
      this.#write(out, text);
    } else if (this.#bytes) out.write(this.#bytes);
    else {
      const begin = out.length;
      this.#write(out, text);
      this.#bytes = out.copy(begin);
    }
  }
}
