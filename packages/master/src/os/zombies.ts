/**
 * As PID 1 of a container the master inherits the processes whose parents have ended. Node cannot reap them (libuv
 * waits only for the children that it has started): each keeps its pid until the container ends. The master can
 * only log them, once.
 */
import type { Logger } from '../log.ts';
import { childrenOf, statOf } from './proc.ts';

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

  /** True: zombies were logged. Only those seen twice in a row count: Node is about to reap the others. */
  look(): boolean {
    const zombies = this.#table.children().flatMap((pid) => {
      const name = this.#table.zombieName(pid);
      return name === undefined ? [] : [{ pid, name }];
    });
    const [first, ...more] = zombies.filter(({ pid }) => this.#before.has(pid));
    this.#before = new Set(zombies.map(({ pid }) => pid));
    if (!first) return false;
    const count = 1 + more.length;
    this.#log.warn(
      { event: 'zombies', count },
      `${count} zombie process${count === 1 ? '' : 'es'} (first: ${first.name}, pid=${first.pid}): tshorn runs as PID 1 and cannot reap orphans; start the container with an init (docker run --init)`,
    );
    return true;
  }
}

const linux: ProcessTable = {
  // Orphans become children of the main thread.
  children: () => childrenOf(process.pid),
  zombieName(pid) {
    const stat = statOf(pid);
    return stat?.state === 'Z' ? stat.name : undefined;
  },
};
