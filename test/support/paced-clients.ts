/** Clients of one connection each, of which some ask at a pace and the others keep their connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepAliveClient } from './keep-alive-client.ts';

export class PacedClients {
  readonly #all: readonly KeepAliveClient[];
  readonly #path: string;
  readonly #everyMs: number;
  #asking = 0;
  #stopped = false;
  #running: Promise<unknown> | undefined;
  /** Milliseconds of each answer since the last `forget`. */
  #took: number[] = [];

  private constructor(all: readonly KeepAliveClient[], path: string, everyMs: number) {
    this.#all = all;
    this.#path = path;
    this.#everyMs = everyMs;
  }

  /** @param everyMs the time from one request of a client to its next one, unless the answer takes longer */
  static async connect(port: number, count: number, path: string, everyMs: number): Promise<PacedClients> {
    const all: KeepAliveClient[] = [];
    for (let at = 0; at < count; at++) all.push(await KeepAliveClient.connect({ port }));
    const clients = new PacedClients(all, path, everyMs);
    clients.#running = Promise.all(all.map((client, at) => clients.#run(client, at)));
    return clients;
  }

  async #run(client: KeepAliveClient, at: number): Promise<void> {
    const request = `GET ${this.#path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    while (!this.#stopped && client.open) {
      const began = performance.now();
      if (at < this.#asking) {
        await client.ask([request], /^\d+$/);
        this.#took.push(performance.now() - began);
      }
      await sleep(Math.max(1, this.#everyMs - (performance.now() - began)));
    }
  }

  /** So many of them ask from now on. */
  ask(count: number): void {
    this.#asking = count;
  }

  forget(): void {
    this.#took = [];
  }

  /** Milliseconds that this part of the answers took no longer than. */
  percentile(of: number): number {
    const sorted = [...this.#took].sort((one, other) => one - other);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0);
  }

  get answered(): number {
    return this.#all.reduce((sum, { answered }) => sum + answered, 0);
  }

  /** All ask once, whoever has asked so far; resolves when each has its answer. */
  async askAll(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/)));
  }

  /** How many connections each worker has answered last. */
  get shares(): Map<number, number> {
    const shares = new Map<number, number>();
    for (const { lastPid } of this.#all) shares.set(lastPid, (shares.get(lastPid) ?? 0) + 1);
    return shares;
  }

  /** Answers that did not come, and connections that the server has closed. */
  get failures(): string[] {
    return this.#all.flatMap(({ failures }) => failures);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  leave(): void {
    for (const client of this.#all) client.leave();
  }
}
