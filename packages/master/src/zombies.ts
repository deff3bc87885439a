/**
 * As PID 1 of a container the master inherits the processes whose parents have ended. Node cannot reap them (libuv
 * waits for the children that it has started, by their pids): each of them keeps its pid until the container ends.
 * All that the master can do is to say so, once, and only where it happens.
 */
import fs from 'node:fs';
import type { Logger } from './log.ts';

export interface ProcessTable {
  /** Pids of the processes that this one is the parent of. */
  children(): number[];
  /** The name of a process that has ended and that nobody has reaped; undefined for any other. */
  zombieName(pid: number): string | undefined;
}

const LOOK_EVERY_MS = 60_000;

export class Zombies {
  readonly #log: Logger;
  readonly #table: ProcessTable;
  #before: ReadonlySet<number> = new Set();

  constructor(log: Logger, table: ProcessTable = linux) {
    this.#log = log;
    this.#table = table;
  }

  watch(): void {
    const timer = setInterval(() => {
      if (this.look()) clearInterval(timer);
    }, LOOK_EVERY_MS).unref();
  }

  /** Returns whether it has been told: what is a zombie twice in a row is none that Node is about to reap. */
  look(): boolean {
    const names = this.#table.children().flatMap((pid) => {
      const name = this.#table.zombieName(pid);
      return name === undefined ? [] : [{ pid, name }];
    });
    const stay = names.filter(({ pid }) => this.#before.has(pid));
    this.#before = new Set(names.map(({ pid }) => pid));
    const [first] = stay;
    if (!first) return false;
    this.#log.warn(
      { event: 'zombies', count: stay.length },
      `${stay.length} ended process${stay.length === 1 ? '' : 'es'} (${first.name}, pid=${first.pid}) that the app had started and let go of: as PID 1 tshorn cannot reap them; start the container with an init (docker run --init)`,
    );
    return true;
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const linux: ProcessTable = {
  children: () => read(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean).map(Number),
  // The name stands in parentheses and may have some itself: proc_pid_stat(5).
  zombieName: (pid) => /\((.*)\) Z /s.exec(read(`/proc/${pid}/stat`))?.[1],
};
