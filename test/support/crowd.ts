/**
 * The clients that one bad request must not harm: idle keep-alive connections, WebSockets that talk, and slow requests in
 * flight. None of them retries. The app is one of the fixtures on top of `survives-websockets.mjs`.
 */
import { KeepAliveClient } from './keep-alive-client.ts';
import { type Answer, ask, type Target } from './load.ts';
import type { Random } from './random.ts';
import type { ConnectOptions } from './websocket-client.ts';
import { WebSocketClients } from './websocket-clients.ts';

export interface CrowdSize {
  readonly idle: number;
  readonly webSockets: number;
  readonly slow: number;
}

/** What the clients speak. */
export interface Speech {
  /** The target of the n-th client. */
  readonly target: (at: number) => Target;
  readonly webSockets?: ConnectOptions;
}

/** The answers of requests that have been sent together. */
export interface Slow {
  readonly failures: string[];
  /** Number of right answers of each worker. */
  readonly byPid: ReadonlyMap<number, number>;
}

export class Crowd {
  readonly #target: Speech['target'];
  readonly #random: Random;
  readonly #slow: number;
  readonly #idle: KeepAliveClient[] = [];
  readonly #webSockets = new WebSocketClients();
  #requests = 0;

  private constructor(target: Speech['target'], random: Random, slow: number) {
    this.#target = target;
    this.#random = random;
    this.#slow = slow;
  }

  /** Resolves when all are connected, and each idle client has had an answer. */
  static async gather(
    port: number,
    random: Random,
    { idle, webSockets, slow }: CrowdSize,
    { target, webSockets: connect = {} }: Speech = { target: () => ({ port }) },
  ): Promise<Crowd> {
    const crowd = new Crowd(target, random, slow);
    while (crowd.#idle.length < idle)
      crowd.#idle.push(await KeepAliveClient.connect(target(crowd.#idle.length)));
    const seed = random.below(1_000_000);
    await crowd.#webSockets.connect(port, { count: webSockets, seed, pauseMs: 1_000, connect });
    await crowd.askIdle();
    return crowd;
  }

  /** Each idle client sends one request. */
  async askIdle(): Promise<void> {
    await Promise.all(this.#idle.map((client) => client.ask(['GET / HTTP/1.1\r\nHost: x\r\n\r\n'], /^\d+$/)));
  }

  /**
   * Sends the slow requests, each on a connection of its own. Resolves when the app has all of them.
   * @param leastMs an answer takes from this time to three times as long
   */
  async sendSlow(leastMs: number): Promise<{ answers: Promise<Slow> }> {
    const failures: string[] = [];
    const byPid = new Map<number, number>();
    const arrivals: Promise<void>[] = [];
    const one = async (onArrival: () => void) => {
      const id = ++this.#requests;
      const path = `/slow?id=${id}&ms=${leastMs + this.#random.below(2 * leastMs)}`;
      try {
        const answer = await ask(this.#target(id), { path, agent: false, onArrival });
        const right = answer.status === 200 && answer.body === `slow ${id}`;
        if (!right) failures.push(`${path}: ${answer.status} ${answer.body}`);
        const pid = Number(answer.headers['x-pid']);
        byPid.set(pid, (byPid.get(pid) ?? 0) + 1);
      } catch (error) {
        failures.push(`${path}: ${error}`);
      }
      onArrival();
    };
    const all: Promise<void>[] = [];
    for (let at = 0; at < this.#slow; at++) {
      arrivals.push(new Promise((resolve) => all.push(one(resolve))));
    }
    await Promise.all(arrivals);
    return { answers: Promise.all(all).then(() => ({ failures, byPid })) };
  }

  /** Each failure of a client that has done nothing wrong. */
  get failures(): string[] {
    const idle = this.#idle.flatMap(({ failures }) => failures.map((failure) => `idle: ${failure}`));
    const webSockets = this.#webSockets.all.flatMap(({ failures }) => failures);
    return [...idle, ...webSockets.map((failure) => `websocket: ${failure}`)];
  }

  /** Resolves with all failures when each idle client and each WebSocket has had one more answer. */
  async settle(): Promise<string[]> {
    await this.askIdle();
    await this.#webSockets.stop();
    await Promise.all(this.#webSockets.open.map((client) => client.ask()));
    return [...this.failures, ...this.#webSockets.failures];
  }

  leave(): void {
    for (const client of this.#idle) client.leave();
    this.#webSockets.leave();
  }
}

/** The client's side of a bad request: an answer, or `cut` where its connection ended before that was whole. */
export type Fate = Answer | 'cut';

export const fateOf = (asked: Promise<Answer>): Promise<Fate> => asked.catch(() => 'cut');
