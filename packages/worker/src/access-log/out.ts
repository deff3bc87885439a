/**
 * The bytes of lines that are written next. Lines are made of bytes, and not of strings: many short strings that become one
 * cost a request twice as much.
 */

const INITIAL_BYTES = 64 * 1024;
/** Above it a copy by the engine is faster than a loop. */
const LONG_BYTES = 32;

const [QUOTE, BACKSLASH, SPACE, LAST] = [0x22, 0x5c, 0x20, 0x7e];
const ZERO = 0x30;

export const bytesOf = (ascii: string): Uint8Array => new Uint8Array(Buffer.from(ascii, 'latin1'));

export class Out {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** The bytes since the last call. The next line overwrites them: who keeps them copies them. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.buffer, 0, this.#at);
    this.#at = 0;
    return taken;
  }

  /** A copy of the bytes that have been written from this place on. */
  copy(begin: number): Uint8Array {
    return this.#bytes.slice(begin, this.#at);
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#reserve(length);
    if (length > LONG_BYTES) {
      this.#bytes.set(bytes, this.#at);
      this.#at += length;
      return;
    }
    const target = this.#bytes;
    let at = this.#at;
    for (let from = 0; from < length; from++) target[at++] = bytes[from] as number;
    this.#at = at;
  }

  /** @param text ASCII */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    const target = this.#bytes;
    let at = this.#at;
    for (let from = 0; from < length; from++) target[at++] = text.charCodeAt(from);
    this.#at = at;
  }

  /** The text, if it is printable ASCII without a quote and a backslash; otherwise nothing. @returns whether it is */
  plain(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    const target = this.#bytes;
    let at = this.#at;
    for (let from = 0; from < length; from++) {
      const code = text.charCodeAt(from);
      if (code < SPACE || code > LAST || code === QUOTE || code === BACKSLASH) return false;
      target[at++] = code;
    }
    this.#at = at;
    return true;
  }

  /** @param number whole, from 0 */
  number(number: number): void {
    if (number > 999_999_999) return this.ascii(String(number));
    let digits = 1;
    for (let bound = 10; number >= bound; bound *= 10) digits++;
    this.#digits(number, digits);
  }

  /** A number of less than a thousand: `7` is `007`. */
  three(number: number): void {
    this.#digits(number, 3);
  }

  #digits(number: number, count: number): void {
    this.#reserve(count);
    const target = this.#bytes;
    let rest = number;
    for (let at = this.#at + count - 1; at >= this.#at; at--) {
      const tens = (rest / 10) | 0;
      target[at] = ZERO + rest - 10 * tens;
      rest = tens;
    }
    this.#at += count;
  }

  /** Milliseconds with three decimals. */
  micros(ms: number): void {
    const micros = Math.round(ms * 1_000);
    const whole = Math.floor(micros / 1_000);
    this.number(whole);
    this.ascii('.');
    this.three(micros - whole * 1_000);
  }
}
