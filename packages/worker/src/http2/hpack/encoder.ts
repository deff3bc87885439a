/**
 * Encodes header blocks (RFC 7541). One for each connection. Strings are sent as they are: the Huffman code saves a fifth of
 * the bytes that are sent once, and costs more than all the rest; what is sent again is in the table.
 */
import { DEFAULT_TABLE_SIZE, ENTRY_OVERHEAD, STATIC_TABLE } from './static-table.ts';

const staticByName = new Map<string, number>();
const staticByField = new Map<string, number>();
for (const [at, [name, value]] of STATIC_TABLE.entries()) {
  if (!staticByName.has(name)) staticByName.set(name, at + 1);
  if (value !== '') staticByField.set(`${name}\n${value}`, at + 1);
}

/** Their values seldom come again, or are nobody else's business (section 7.1.3). */
const NOT_KEPT = new Set([
  'age',
  'authorization',
  'content-length',
  'content-range',
  'etag',
  'expires',
  'last-modified',
  'location',
  'set-cookie',
  'x-request-id',
]);
/** A larger one would drive out too many others. */
const LONGEST_KEPT = 256;

export class HpackEncoder {
  /** Of each entry in the table, by field: which one it was since the begin. */
  #known = new Map<string, number>();
  /** The oldest first, from `#first` on: fields, with their sizes. */
  #fields: string[] = [];
  #sizes: number[] = [];
  #first = 0;
  #evicted = 0;
  #size = 0;
  #maxSize = DEFAULT_TABLE_SIZE;
  /** Sizes that have to be told at the begin of the next block (section 4.2). */
  #resizes: number[] = [];
  #into: Buffer = Buffer.alloc(0);
  #at = 0;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. A larger table than the usual is not used. */
  setMaxSize(announced: number): void {
    const size = Math.min(announced, DEFAULT_TABLE_SIZE);
    if (size === this.#maxSize) return;
    this.#maxSize = size;
    this.#evict(size);
    // The smallest in between, and the last.
    this.#resizes = this.#resizes.some((other) => other < size) ? [Math.min(...this.#resizes), size] : [size];
  }

  /** Bytes that `encode` needs at most. */
  static mostBytes(fields: readonly string[]): number {
    let bytes = 16;
    for (const text of fields) bytes += text.length + 6;
    return bytes;
  }

  /**
   * @param fields names, in lower case, and values in turn; a character for each byte
   * @returns where the block ends in `into`, which has room for `mostBytes`
   */
  encode(fields: readonly string[], into: Buffer, at: number): number {
    this.#into = into;
    this.#at = at;
    for (const size of this.#resizes.splice(0)) this.#integer(0x20, 5, size);
    for (let i = 0; i < fields.length; i += 2) this.#field(fields[i] as string, fields[i + 1] as string);
    return this.#at;
  }

  #field(name: string, value: string): void {
    const field = `${name}\n${value}`;
    const known = this.#known.get(field);
    if (known !== undefined) {
      // Behind the static table, the newest first (section 2.3.3).
      return this.#integer(
        0x80,
        7,
        STATIC_TABLE.length + this.#evicted + this.#fields.length - this.#first - known,
      );
    }
    const fixed = staticByField.get(field);
    if (fixed !== undefined) return this.#integer(0x80, 7, fixed);
    if (name === 'set-cookie' || name === 'authorization') return this.#literal(0x10, 4, name, value);
    const size = field.length - 1 + ENTRY_OVERHEAD;
    if (NOT_KEPT.has(name) || size > LONGEST_KEPT || size > this.#maxSize) {
      return this.#literal(0, 4, name, value);
    }
    this.#literal(0x40, 6, name, value);
    this.#evict(this.#maxSize - size);
    this.#known.set(field, this.#evicted + this.#fields.length - this.#first);
    this.#fields.push(field);
    this.#sizes.push(size);
    this.#size += size;
  }

  #literal(bits: number, prefix: number, name: string, value: string): void {
    const index = staticByName.get(name);
    if (index !== undefined) this.#integer(bits, prefix, index);
    else {
      this.#into[this.#at++] = bits;
      this.#string(name);
    }
    this.#string(value);
  }

  #evict(most: number): void {
    while (this.#size > most && this.#first < this.#fields.length) {
      this.#known.delete(this.#fields[this.#first] as string);
      this.#size -= this.#sizes[this.#first] as number;
      this.#first++;
      this.#evicted++;
    }
    if (this.#first < 64) return;
    this.#fields = this.#fields.slice(this.#first);
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }

  #string(text: string): void {
    this.#integer(0, 7, text.length);
    this.#at += this.#into.write(text, this.#at, 'latin1');
  }

  #integer(bits: number, prefix: number, value: number): void {
    const most = (1 << prefix) - 1;
    if (value < most) {
      this.#into[this.#at++] = bits | value;
      return;
    }
    this.#into[this.#at++] = bits | most;
    let rest = value - most;
    while (rest >= 0x80) {
      this.#into[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#into[this.#at++] = rest;
  }
}
