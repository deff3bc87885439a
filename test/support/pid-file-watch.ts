/** Reads a PID file as often as a timer can, and records every moment at which it does not name a live process. */
import fs from 'node:fs';

export class PidFileWatch {
  readonly faults: string[] = [];
  readonly seen = new Set<number>();
  reads = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(file: string) {
    this.#timer = setInterval(() => this.#look(file), 1).unref();
  }

  #look(file: string): void {
    this.reads++;
    try {
      const text = fs.readFileSync(file, 'utf8');
      if (!/^\d+\n$/.test(text)) throw new Error(`it holds ${JSON.stringify(text)}`);
      this.seen.add(Number(text));
      process.kill(Number(text), 0);
    } catch (error) {
      this.faults.push(String(error));
    }
  }

  stop(): this {
    clearInterval(this.#timer);
    return this;
  }
}
