import { stripVTControlCharacters } from 'node:util';

const TAIL_BYTES = 4096;
const MOST_LINES = 5;

/** The output of a worker while it boots: the amount, and the last lines, which may say why it ended. */
export class Printed {
  #bytes = 0;
  #tail = Buffer.alloc(0);

  add(data: Buffer): void {
    this.#bytes += data.length;
    this.#tail = Buffer.concat([this.#tail, data]).subarray(-TAIL_BYTES);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** At most five lines, without colours. */
  get lastLines(): string[] {
    const lines = stripVTControlCharacters(this.#tail.toString()).split('\n');
    const whole = this.#bytes > TAIL_BYTES && lines.length > 1 ? lines.slice(1) : lines;
    return whole.filter((line) => line.trim() !== '').slice(-MOST_LINES);
  }
}
