/** Steps of a test under load, each with what has happened to the clients meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clients, type Happened, sum } from './clients.ts';
import { type Failed, failedAt } from './haproxy-log.ts';
import type { Host } from './site.ts';
import { type Row, row } from './table.ts';

export const number = (name: string, standard: number): number => Number(process.env[name] ?? standard);
/** Of all steps of all ways together. */
export const REQUESTS = number('HOSTS_REQUESTS', 3_000);
export const WORKERS = number('HOSTS_WORKERS', 2);
export const SIZES = {
  keepAlive: number('HOSTS_KEEP_ALIVE', 20),
  slow: number('HOSTS_SLOW', 6),
  fresh: number('HOSTS_NEW', 3),
  webSockets: number('HOSTS_WEBSOCKETS', 15),
  pauseMs: number('HOSTS_PAUSE_MS', 100),
};
const CHOSEN = (process.env.HOSTS_WAYS ?? 'agent-check').split(',');
export const isChosen = (way: string): boolean => CHOSEN.includes(way);
const STEPS = 6;
const DEADLINE_MS = 60_000 + REQUESTS;
export const LONGEST_MS = 2 * DEADLINE_MS + 10 * REQUESTS;

/** The cause of a failure that HAProxy does not log. */
export const SILENT = 'closed without an answer';

export interface Outcome {
  readonly happened: Happened;
  readonly failed: readonly Failed[];
}

export class Story {
  readonly rows: Row[] = [];
  readonly #clients: Clients;
  readonly #log: () => string;
  #read = 0;

  /** @param log returns what HAProxy has logged so far */
  constructor(clients: Clients, log: () => string = () => '') {
    this.#clients = clients;
    this.#log = log;
  }

  /** Runs one step under load, until it is over and its share of the requests has been answered. */
  async step(what: string, act: () => Promise<void>): Promise<Outcome> {
    const from = performance.now();
    await act();
    let happened = await this.#clients.happened();
    for (const end = Date.now() + DEADLINE_MS; happened.requests < REQUESTS / STEPS / CHOSEN.length; ) {
      if (Date.now() > end) throw new Error(`${what}: only ${happened.requests} requests were answered`);
      await sleep(20);
      happened = sum(happened, await this.#clients.happened());
    }
    // A line of the log may come later than the answer to the client.
    const logged = () => failedAt(this.#log().slice(this.#read));
    const isLogged = () => {
      const numbers = new Set(logged().map(({ n }) => n));
      return happened.failures.every(({ n, cause }) => numbers.has(n) || cause === SILENT);
    };
    for (const end = Date.now() + 2_000; !isLogged() && Date.now() < end; ) await sleep(20);
    const failed = logged();
    this.#read = this.#log().length;
    this.rows.push(row(what, happened, failed, performance.now() - from));
    // Also for a run that is ended before its table.
    process.stdout.write(`${this.rows.at(-1)?.join(' | ')}\n`);
    return { happened, failed };
  }
}

/** Nothing failed, and WebSockets ended only in order, on the host that stops. */
export function expectNothingLost({ happened, failed }: Outcome, stops?: Host) {
  expect(happened.failures).toEqual([]);
  expect(failed).toEqual([]);
  const lost = happened.closed.filter(({ host, code }) => host !== stops || code !== 1012);
  expect(lost).toEqual([]);
}
