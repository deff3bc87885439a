/**
 * The last lines of the master's log, and of what the workers print where that passes through the master, for
 * `tshorn logs`. The log creates it. Both are bounded, each on its own: a worker that prints without end must not push the
 * master's lines out.
 */

/** Lines of the log that are kept, and their characters. */
const MOST_LINES = 1_000;
const MOST_CHARACTERS = 1024 * 1024;
/** Bytes of the workers' output that are kept. */
const MOST_OUTPUT_BYTES = 512 * 1024;
/** What a chunk costs besides its bytes: a worker may print empty lines, each of them a chunk. */
const CHUNK_BYTES = 128;

/** The worker that has printed something. */
export interface Printer {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | undefined;
  readonly stream: 'stdout' | 'stderr';
}

interface LogLine {
  readonly order: number;
  /** As the log has it, without the line break. */
  readonly json: string;
}

interface Output {
  readonly order: number;
  readonly time: number;
  readonly by: Printer;
  /** Whole lines, as a rule: see worker-output.ts. */
  readonly data: Buffer;
}

/** Receives each line as JSON, without the line break. */
export type LineListener = (json: string) => void;

export class RecentLines {
  readonly #lines: LogLine[] = [];
  readonly #output: Output[] = [];
  readonly #listeners = new Set<LineListener>();
  #order = 0;
  #characters = 0;
  #bytes = 0;

  /** @param line of the log, as JSON with its line break */
  log(line: string): void {
    const json = line.trimEnd();
    this.#lines.push({ order: this.#order++, json });
    this.#characters += json.length;
    while (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#lines.shift()?.json.length ?? 0;
    }
    for (const listener of this.#listeners) listener(json);
  }

  /** Keeps a copy: a part would keep all of a large chunk in memory. */
  output(by: Printer, chunk: Buffer): void {
    const data = Buffer.from(chunk.subarray(CHUNK_BYTES - MOST_OUTPUT_BYTES));
    const output = { order: this.#order++, time: Date.now(), by, data };
    this.#output.push(output);
    this.#bytes += costOf(output);
    while (this.#bytes > MOST_OUTPUT_BYTES) this.#bytes -= costOf(this.#output.shift() as Output);
    if (this.#listeners.size === 0) return;
    for (const json of linesOf(output)) for (const listener of this.#listeners) listener(json);
  }

  /** The oldest first. */
  all(): string[] {
    const output = this.#output.flatMap((one) => linesOf(one).map((json) => ({ order: one.order, json })));
    return [...this.#lines, ...output].sort((one, other) => one.order - other.order).map(({ json }) => json);
  }

  /** Returns what ends it. A listener must not throw. */
  listen(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const costOf = ({ data }: Output): number => data.length + CHUNK_BYTES;

/** Only lines that are asked for are decoded. */
function linesOf({ time, by: { slot, generation, pid, stream }, data }: Output): string[] {
  const lines = data.toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((msg) => JSON.stringify({ time, worker: slot, gen: generation, pid, stream, msg }));
}
