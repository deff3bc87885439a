/**
 * The bytes of lines that are written next. Lines are made of bytes, and not of strings: many short strings that become one
 * cost a request twice as much.
 */

const INITIAL_BYTES = 64 * 1024;
/** A text that is written often is copied in words of so many bytes: for most, a loop takes four times as long. */
const WORD = 8;

const [QUOTE, BACKSLASH, SPACE, LAST] = [0x22, 0x5c, 0x20, 0x7e];

/** The bytes of `.000` to `.999`, each as one number. */
const DECIMALS = Uint32Array.from({ length: 1_000 }, (_, number) =>
  Buffer.from(`.${String(number).padStart(3, '0')}`).readUInt32BE(),
);

/** A text that is written often. Each word is the bits of a number; no ASCII is those of one that is none. */
export interface Ascii {
  readonly words: Float64Array;
  readonly length: number;
}

const asciiOf = (bytes: Uint8Array): Ascii => {
  const { length } = bytes;
  const view = new DataView(new ArrayBuffer(length + WORD));
  for (let at = 0; at < length; at++) view.setUint8(at, bytes[at] as number);
  const count = Math.ceil(length / WORD);
  return { words: Float64Array.from({ length: count }, (_, at) => view.getFloat64(at * WORD)), length };
};

export const ascii = (text: string): Ascii => asciiOf(Buffer.from(text, 'latin1'));

export class Out {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
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
  copy(begin: number): Ascii {
    return asciiOf(this.#bytes.subarray(begin, this.#at));
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  write({ words, length }: Ascii): void {
    // The last word may have bytes behind the end, which are overwritten.
    this.#reserve(length + WORD);
    const view = this.#view;
    let at = this.#at;
    for (let from = 0; from < words.length; from++, at += WORD) {
      view.setFloat64(at, words[from] as number);
    }
    this.#at += length;
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
    if (number < 1_000) return this.#decimals(number, number < 10 ? 1 : number < 100 ? 2 : 3);
    if (number > 999_999_999) return this.ascii(String(number));
    const thousands = (number / 1_000) | 0;
    this.number(thousands);
    this.three(number - thousands * 1_000);
  }

  /** A number of less than a thousand: `7` is `007`. */
  three(number: number): void {
    this.#decimals(number, 3);
  }

  /** @param count how many of the last bytes of `.007` are written */
  #decimals(number: number, count: number): void {
    this.#reserve(WORD);
    const all = DECIMALS[number] as number;
    this.#view.setUint32(this.#at, all << (32 - 8 * count));
    this.#at += count;
  }

  /** Milliseconds with three decimals. */
  micros(ms: number): void {
    const micros = Math.round(ms * 1_000);
    const whole = Math.floor(micros / 1_000);
    this.number(whole);
    this.#decimals(micros - whole * 1_000, 4);
  }
}
