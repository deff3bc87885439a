/** Decodes header blocks (RFC 7541). One for each connection: the table that it keeps is what its peer has sent. */
import { decodeHuffman } from './huffman.ts';
import { DEFAULT_TABLE_SIZE, ENTRY_OVERHEAD, STATIC_TABLE } from './static-table.ts';

/** A block that cannot be decoded: the connection cannot go on, as its tables differ from now on (section 2.2). */
export class HpackError extends Error {}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly size: number;
}

const STATIC: readonly Entry[] = STATIC_TABLE.map(([name, value]) => ({ name, value, size: 0 }));

/** An integer with more bytes than that is above every limit (section 5.1). */
const LONGEST_INTEGER = 5;

export class HpackDecoder {
  /** The oldest first. */
  #entries: Entry[] = [];
  /** Entries before it have been evicted: moving all the others for each would cost. */
  #first = 0;
  #size = 0;
  #maxSize = DEFAULT_TABLE_SIZE;
  readonly #mostSize: number;
  #from: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** @param mostSize of the table in bytes, as it was announced to the peer */
  constructor(mostSize = DEFAULT_TABLE_SIZE) {
    this.#mostSize = mostSize;
  }

  /**
   * One whole block: the bytes of `block` from `begin` to `end`.
   * @param mostList bytes of the list, counted with 32 for each field (RFC 9113, section 6.5.2): fields beyond are left out
   * @returns names and values in turn, and the size of the whole list
   * @throws HpackError
   */
  decode(block: Buffer, mostList: number, begin = 0, end = block.length): { fields: string[]; size: number } {
    this.#from = block;
    this.#at = begin;
    this.#end = end;
    const fields: string[] = [];
    let size = 0;
    while (this.#at < this.#end) {
      const byte = block[this.#at] as number;
      let entry: Entry;
      if (byte & 0x80) entry = this.#lookUp(this.#integer(7));
      else if (byte & 0x40) {
        entry = this.#literal(6);
        this.#add(entry);
      } else if (byte & 0x20) {
        // Only before the first field (section 4.2).
        if (size > 0) throw new HpackError('a table size within a header block');
        this.#resize(this.#integer(5));
        continue;
      } else entry = this.#literal(4);
      size += entry.name.length + entry.value.length + ENTRY_OVERHEAD;
      if (size <= mostList) fields.push(entry.name, entry.value);
    }
    return { fields, size };
  }

  #lookUp(index: number): Entry {
    const entry =
      index <= STATIC.length
        ? STATIC[index - 1]
        : index - STATIC.length <= this.#entries.length - this.#first
          ? this.#entries[this.#entries.length - (index - STATIC.length)]
          : undefined;
    if (!entry) throw new HpackError(`no entry ${index} in the table`);
    return entry;
  }

  #literal(prefix: number): Entry {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#string() : this.#lookUp(index).name;
    const value = this.#string();
    return { name, value, size: name.length + value.length + ENTRY_OVERHEAD };
  }

  #add(entry: Entry): void {
    this.#evict(this.#maxSize - entry.size);
    // One that is larger than the table empties it (section 4.4).
    if (entry.size > this.#maxSize) return;
    this.#entries.push(entry);
    this.#size += entry.size;
  }

  #resize(size: number): void {
    if (size > this.#mostSize) throw new HpackError(`a table of ${size} bytes`);
    this.#maxSize = size;
    this.#evict(size);
  }

  #evict(most: number): void {
    while (this.#size > most && this.#first < this.#entries.length) {
      this.#size -= (this.#entries[this.#first++] as Entry).size;
    }
    if (this.#first < 64 || this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  #integer(prefix: number): number {
    const most = (1 << prefix) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let bytes = 0; bytes < LONGEST_INTEGER; bytes++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * bytes);
      if ((byte & 0x80) === 0) return value;
    }
    throw new HpackError('an integer without end');
  }

  #string(): string {
    const isHuffman = this.#at < this.#end && ((this.#from[this.#at] as number) & 0x80) !== 0;
    const length = this.#integer(7);
    const begin = this.#at;
    const end = begin + length;
    if (end > this.#end) throw new HpackError('a string beyond the end of its block');
    this.#at = end;
    if (!isHuffman) return this.#from.toString('latin1', begin, end);
    const text = decodeHuffman(this.#from, begin, end);
    if (text === undefined) throw new HpackError('a broken Huffman code');
    return text;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new HpackError('the end in the middle of a field');
    return this.#from[this.#at++] as number;
  }
}
