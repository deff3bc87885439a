/** Many WebSockets that talk independently: small and large messages, fragments, pings, pushes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random.ts';
import { type ConnectOptions, content, WebSocketClient } from './websocket-client.ts';

export const LARGE = 1_000_000;
/** After this time an answer or a pong counts as missing. */
const QUIET_MS = 60_000;

export interface CrowdOptions {
  readonly count: number;
  readonly seed?: number;
  /** Number of clients that send messages of a megabyte. */
  readonly large?: number;
  /** Number of clients that get a push every few milliseconds; the others get one every second or two. */
  readonly chatty?: number;
  /** Longest pause between two messages of a client; 0: clients send nothing by themselves. */
  readonly pauseMs?: number;
  readonly connect?: ConnectOptions;
}

export class WebSocketClients {
  readonly all: WebSocketClient[] = [];
  readonly sent = { text: 0, binary: 0, fragmented: 0, large: 0 };
  #lives: Promise<void>[] = [];
  #stopped = false;

  /** Resolves when all of them are connected. */
  async connect(
    port: number,
    { count, seed = 1, large = 0, chatty = 0, pauseMs = 3_000, connect = {} }: CrowdOptions,
  ) {
    for (let at = 0; at < count; at++) {
      const random = new Random(seed * 100_003 + at);
      const push = at >= count - chatty ? 7 : 1_000 + random.below(1_000);
      const client = await WebSocketClient.connect(port, { path: `/${at}?push=${push}`, ...connect });
      this.all.push(client);
      if (pauseMs > 0) this.#lives.push(this.#live(client, random, at < large, pauseMs));
    }
    return this;
  }

  async #live(client: WebSocketClient, random: Random, large: boolean, pauseMs: number): Promise<void> {
    await sleep(random.below(pauseMs));
    while (!this.#stopped && !client.end) {
      const { answer, written } = this.#message(client, random, large && random.chance(0.5));
      if (random.chance(0.3)) client.ping();
      await written;
      // Often sends a second message before the first is answered.
      if (large || random.chance(0.5)) await answer;
      await sleep(random.below(pauseMs));
    }
  }

  #message(client: WebSocketClient, random: Random, large: boolean) {
    const binary = random.chance(0.4);
    const length = large ? LARGE : Math.ceil(random.upTo(20_000));
    const whole = content(random, length, binary);
    const cuts = random.chance(0.25)
      ? Array.from({ length: 1 + random.below(3) }, () => random.below(whole.length)).sort((a, b) => a - b)
      : [];
    const parts = [0, ...cuts].map((cut, at) => whole.subarray(cut, cuts[at]));
    this.sent[binary ? 'binary' : 'text']++;
    if (parts.length > 1) this.sent.fragmented++;
    if (large) this.sent.large++;
    const pause = async () => {
      if (random.chance(0.3)) client.ping();
      await sleep(random.upTo(100));
    };
    return client.send(parts, { binary, pause });
  }

  /** Resolves when every message has its answer; a missing answer is a failure. */
  async stop(): Promise<this> {
    this.#stopped = true;
    const late = sleep(QUIET_MS, undefined, { ref: false });
    await Promise.race([Promise.all(this.#lives), late]);
    for (const end = performance.now() + QUIET_MS; performance.now() < end; await sleep(20)) {
      if (this.all.every((client) => client.end || client.unanswered === 0)) break;
    }
    return this;
  }

  /** Resolves when the server has counted a pong for every ping that it has sent by now. */
  async pongsOfServer(): Promise<void> {
    const count = async (client: WebSocketClient) => {
      const { pings } = await client.ask();
      for (const end = performance.now() + QUIET_MS; performance.now() < end; await sleep(50)) {
        if ((await client.ask()).pongs >= pings) return;
      }
      client.failures.push('a ping of the server has no pong');
    };
    await Promise.all(this.open.map(count));
  }

  get failures(): string[] {
    return this.all.flatMap(({ failures, unanswered }, at) => [
      ...failures.map((failure) => `${at}: ${failure}`),
      ...(unanswered > 0 ? [`${at}: ${unanswered} messages or pings unanswered`] : []),
    ]);
  }

  get open(): WebSocketClient[] {
    return this.all.filter(({ end }) => !end);
  }

  get report() {
    const sum = (of: (client: WebSocketClient) => number) =>
      this.all.reduce((total, client) => total + of(client), 0);
    return {
      clients: this.all.length,
      closed: this.all.length - this.open.length,
      ...this.sent,
      answered: sum(({ answered }) => answered),
      pushed: sum(({ pushed }) => pushed),
      pings: sum(({ pings }) => pings),
      serverPings: sum(({ last }) => last?.pings ?? 0),
      megabytes: Math.round(sum(({ bytes }) => bytes) / 1e6),
      moves: sum(({ last }) => last?.moves ?? 0),
    };
  }

  leave(): void {
    this.#stopped = true;
    for (const client of this.all) client.leave();
  }
}
