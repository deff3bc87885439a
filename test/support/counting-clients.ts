/**
 * Clients that count the answers of each worker process, which names itself in `x-pid`. Every other one opens a connection
 * for each request: those reach every worker.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Target } from './load.ts';

export class CountingClients {
  /** Complete answers with 200. */
  readonly byPid = new Map<number, number>();
  /** Requests without one. */
  readonly failures: string[] = [];
  readonly #agents: (http.Agent | false)[];
  readonly #running: Promise<void>[];
  #stopped = false;

  /** @param path of the requests of the n-th client */
  constructor(target: Target, count: number, path: (client: number) => string) {
    this.#agents = Array.from(
      { length: count },
      (_, client) => client % 2 === 0 && new http.Agent({ keepAlive: true, maxSockets: 1 }),
    );
    this.#running = this.#agents.map(async (agent, client) => {
      while (!this.#stopped) {
        try {
          const { status, headers } = await ask(target, { path: path(client), agent });
          if (status !== 200) throw new Error(`status ${status}`);
          const pid = Number(headers['x-pid']);
          this.byPid.set(pid, (this.byPid.get(pid) ?? 0) + 1);
        } catch (error) {
          this.failures.push((error as Error).message);
        }
        await sleep(10);
      }
    });
  }

  answersOf(pids: Iterable<number>): number {
    return [...pids].reduce((sum, pid) => sum + (this.byPid.get(pid) ?? 0), 0);
  }

  get answers(): number {
    return this.answersOf(this.byPid.keys());
  }

  async flow(more: number): Promise<void> {
    for (const goal = this.answers + more; this.answers < goal; ) await sleep(10);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    for (const agent of this.#agents) if (agent) agent.destroy();
  }
}
