/**
 * Which clients a fault may hit: those whose connections the worker held when it struck. Read from the
 * kernel, so that a failure is explained by the very worker that had it, and by nothing else.
 */
import fs from 'node:fs';
import { clientsIn, type KernelView } from '../support/kernel-view.ts';

/** The worker's clock and this one are read a moment apart. */
const CLOCKS_DIFFER_MS = 20;
/** The last tenth of `--crash-grace`, which is 5 s. */
const CLOSES_AFTER_MS = 4_500;

/** What a fault may cost the clients of its worker, besides the one that caused it. */
interface Costs {
  /**
   * `requests`: a connection at rest is saved, but not a WebSocket or stream on its way to this worker, which has its
   * descriptor and not its state yet. Default: all.
   */
  readonly costs?: 'nothing' | 'requests' | 'all';
  /** Nothing is lost where tshorn says that it has saved the worker, and all where it says that its debugger could not answer. */
  readonly unlessSaved?: boolean;
}

export interface Strike extends Costs {
  readonly fault: string;
  readonly pid: number;
  readonly at: number;
  /** The clients' ports. */
  readonly clients: ReadonlySet<number>;
  /** Those of them whose WebSocket or stream this worker has written to; absent where `costs` is `all`. */
  readonly written?: readonly number[];
}

interface Window {
  readonly fault: string;
  readonly from: number;
  readonly waiting: ReadonlySet<number>;
  until: number;
}

interface Lost {
  readonly port: number;
  readonly since: number;
  readonly at: number;
  readonly atRest: boolean;
  /** It is a WebSocket or a stream. */
  readonly isLongLived?: boolean;
  /** It was closed by its own protocol. */
  readonly inOrder?: boolean;
}

export class Ledger {
  readonly strikes: Strike[] = [];
  readonly #windows: Window[] = [];
  /** Pids of workers that went on after a hang: they were interrupted, or their event loop turned again by itself. */
  readonly #saved = new Set<unknown>();
  /** Pids of workers whose debugger did not answer in time, or that died meanwhile or were stopped as well: nothing can be saved. */
  readonly #unanswered = new Set<unknown>();
  /** Pids of workers that had `--crash-grace` to the end: no other worker could take what they had, and it was closed in order. */
  readonly #outlasted = new Set<unknown>();

  /** A fault has struck this worker, and with it these clients. */
  strike(strike: Omit<Strike, 'at'> & { readonly at?: number }): void {
    this.strikes.push({ at: Date.now(), ...strike });
  }

  /** Reads what the workers have written just before they misbehaved: see app.mjs. */
  read(file: string, serverPort: number): void {
    for (const line of linesOf(file)) {
      const { tcp, links, ...strike } = line as Omit<Strike, 'clients'> & KernelView;
      this.strike({ ...strike, clients: clientsIn({ tcp, links }, serverPort) });
    }
  }

  /** Reads from the log which workers have been saved. */
  readLog(file: string): void {
    for (const line of linesOf(file)) {
      const { event, pid, interrupted, killed, why, tookMs } = line as Record<string, unknown>;
      if (event !== 'contained') continue;
      if (Number(tookMs) >= CLOSES_AFTER_MS) this.#outlasted.add(pid);
      // Node aborts where its inspector gets no descriptor, for example.
      const hasDied = interrupted === undefined && /ended before it had drained/.test(String(why));
      if (hasDied) this.#unanswered.add(pid);
      else if (interrupted === true || !killed) this.#saved.add(pid);
      else if (/debugger|in time|a signal has stopped it/.test(String(why))) this.#unanswered.add(pid);
    }
  }

  /**
   * A fault that hits whoever connects while it lasts, and who waits to be accepted when it begins. Returns the
   * function that ends it.
   */
  begin(fault: string, waiting: ReadonlySet<number>): () => void {
    const window = { fault, from: Date.now(), waiting, until: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return () => {
      window.until = Date.now();
    };
  }

  /**
   * Finds the fault that explains why the connection from `port`, opened at `since`, failed at `at`.
   * @param atRest no request was under way
   */
  explain(lost: Lost): string | undefined {
    const { port, since, at } = lost;
    // A port may be used again: only what struck while this connection was open counts.
    const isOpen = (time: number) => time >= since && time <= at + CLOCKS_DIFFER_MS;
    const strike = this.strikes.find(
      (one) => one.clients.has(port) && isOpen(one.at) && this.#mayCost(one, lost),
    );
    if (strike) return strike.fault;
    return this.#windows.find(({ from, until, waiting }) =>
      since < from ? waiting.has(port) && isOpen(from) : since <= until,
    )?.fault;
  }

  #mayCost({ pid, costs = 'all', unlessSaved, written }: Strike, lost: Lost): boolean {
    if (lost.inOrder && this.#outlasted.has(pid)) return true;
    if (unlessSaved && this.#saved.has(pid)) return false;
    if (unlessSaved && this.#unanswered.has(pid)) return true;
    const isArriving = lost.isLongLived && written?.includes(lost.port) === false;
    return costs === 'all' || (costs === 'requests' && (!lost.atRest || isArriving === true));
  }
}

/** The JSON of each line; half a line is none. */
function linesOf(file: string): unknown[] {
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}
