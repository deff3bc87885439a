/** The events of a reload in a pipe or a file: a line each. */
import type { StreamEvent } from './client.ts';

/** A drain that ends sooner is one line: its end says all. */
const LONG_DRAIN_MS = 1_000;

/** The verdict has the stack. */
const headOf = (text: string): string => text.split('\n', 1)[0] ?? '';

export class PlainLines {
  readonly #print: (text: string) => void;
  /** Workers that drain, by pid, and whose line is not printed yet. */
  readonly #draining = new Map<unknown, NodeJS.Timeout>();

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  /** Prints all events except the verdict, which follows as the last line, on standard output or standard error. */
  event({ event, level, msg, pid }: StreamEvent): void {
    if (level === 'debug' || event === 'reload-finished') return;
    if (pid !== undefined) this.#forget(pid);
    if (event !== 'draining' || pid === undefined) return this.#print(event === 'broken' ? headOf(msg) : msg);
    this.#draining.set(
      pid,
      setTimeout(() => this.#print(msg), LONG_DRAIN_MS),
    );
  }

  end(): void {
    for (const pid of this.#draining.keys()) this.#forget(pid);
  }

  #forget(pid: unknown): void {
    clearTimeout(this.#draining.get(pid));
    this.#draining.delete(pid);
  }
}
