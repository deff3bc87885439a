/**
 * The connections beside a request that crashes or hangs its worker: idle keep-alive clients, WebSockets and slow requests.
 * Each knows its worker, so that what a fault has cost can be counted from outside.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepAliveClient } from './keep-alive-client.ts';
import { WebSocketClient } from './websocket-client.ts';

export interface Numbers {
  readonly idle: number;
  readonly webSockets: number;
  readonly slow: number;
}

interface Bystander<Client> {
  readonly client: Client;
  /** Pid of its worker before the fault. */
  pid: number;
}

/** Counts of the connections that were on one worker. */
export interface Cost {
  /** Idle connections and WebSockets that were there. */
  readonly atRest: number;
  /** Idle connections that the server has closed. */
  readonly closedIdle: number;
  readonly closedWebSockets: number;
  /** Connections at rest that another worker serves now. */
  readonly moved: number;
  /** Requests that this worker has answered since: the slow ones, and those that came later. */
  readonly finished: number;
  /** Slow requests without an answer. */
  readonly lost: number;
}

export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const PID = /^\d+$/;
/** The master looks at most so often whether connections are spread evenly, and then moves some. */
const BALANCE_MS = 700;

export class Bystanders {
  readonly #idle: Bystander<KeepAliveClient>[] = [];
  readonly #webSockets: Bystander<WebSocketClient>[] = [];
  readonly #slow: Bystander<KeepAliveClient>[] = [];
  /** Pid of the worker that has answered; undefined for none. */
  #answers: Promise<number | undefined>[] = [];
  /** Answers of the hung worker to clients that asked while it hung. */
  #late = 0;

  /** Resolves when each has had an answer, and the master moves none of them any more. */
  static async connect(port: number, { idle, webSockets, slow }: Numbers): Promise<Bystanders> {
    const all = new Bystanders();
    const several = async (count: number, connect: () => Promise<unknown>) => {
      for (let left = count; left > 0; left -= 20)
        await Promise.all(Array.from({ length: Math.min(20, left) }, connect));
    };
    await several(idle, async () => all.#idle.push(await keepAlive(port)));
    await several(slow, async () => all.#slow.push(await keepAlive(port)));
    await several(webSockets, () => all.addWebSocket(port));
    // It may just be about to.
    for (let quiet = 0; quiet < 2; ) {
      await sleep(BALANCE_MS);
      quiet = (await all.#hasMoved()) ? 0 : quiet + 1;
    }
    return all;
  }

  async addWebSocket(port: number): Promise<void> {
    const client = await WebSocketClient.connect(port);
    this.#webSockets.push({ client, pid: (await client.ask()).pid });
  }

  async #hasMoved(): Promise<boolean> {
    let moved = 0;
    const note = (one: Bystander<unknown>, pid: number) => {
      if (one.pid !== pid) moved++;
      one.pid = pid;
    };
    await Promise.all([
      ...[...this.#idle, ...this.#slow].map(async (one) => {
        await one.client.ask([get('/')], PID);
        note(one, one.client.lastPid);
      }),
      ...this.#webSockets.map(async (one) => note(one, (await one.client.ask()).pid)),
    ]);
    return moved > 0;
  }

  /** Sends the slow requests; `at` counts them from 0. */
  beginSlow(pathOf: (at: number) => string): void {
    this.#answers = this.#slow.map(async ({ client }, at) => {
      const before = client.answered;
      await client.ask([get(pathOf(at))], PID);
      // A connection that ends after its answer has lost nothing.
      return client.answered > before ? client.lastPid : undefined;
    });
  }

  /** Takes an idle client of this worker out, for the request that is at fault. */
  takeIdle(pid: number): KeepAliveClient {
    return this.#take(this.#idle, pid);
  }

  takeWebSocket(pid: number): WebSocketClient {
    return this.#take(this.#webSockets, pid);
  }

  #take<Client>(from: Bystander<Client>[], pid: number): Client {
    const at = from.findIndex((one) => one.pid === pid);
    if (at === -1) throw new Error(`no bystander is on worker ${pid}`);
    return (from.splice(at, 1)[0] as Bystander<Client>).client;
  }

  countOn(pid: number): Numbers {
    const on = (all: readonly Bystander<unknown>[]) => all.filter((one) => one.pid === pid).length;
    return { idle: on(this.#idle), webSockets: on(this.#webSockets), slow: on(this.#slow) };
  }

  /** Asks every fifth idle client of one worker at once. Resolves when each has its answer or is closed. */
  async askSome(pid: number): Promise<void> {
    const there = this.#idle.filter((one) => one.pid === pid).filter((_, at) => at % 5 === 0);
    await Promise.all(
      there.map(async ({ client }) => {
        const before = client.answered;
        await client.ask([get('/')], PID);
        if (client.answered > before && client.lastPid === pid) this.#late++;
      }),
    );
  }

  /** Uses each connection once more, and counts what became of those that were on this worker. */
  async costOf(pid: number): Promise<Cost> {
    const answered = await Promise.all(this.#answers);
    await Promise.all([
      ...this.#idle.map(({ client }) => client.ask([get('/')], PID)),
      ...this.#webSockets.map(({ client }) => client.ask().catch(() => {})),
    ]);
    const idle = this.#idle.filter((one) => one.pid === pid);
    const webSockets = this.#webSockets.filter((one) => one.pid === pid);
    const slow = answered.filter((_, at) => this.#slow[at]?.pid === pid);
    const movedIdle = idle.filter(({ client }) => client.failures.length === 0 && client.lastPid !== pid);
    const movedSockets = webSockets.filter(({ client }) => isServed(client) && client.last?.pid !== pid);
    // The worker may have hung before it read one, which then moved with its connection.
    const inTime = slow.filter((by) => by === pid).length;
    return {
      atRest: idle.length + webSockets.length,
      closedIdle: idle.filter(({ client }) => client.failures.length > 0).length,
      closedWebSockets: webSockets.filter(({ client }) => !isServed(client)).length,
      moved: movedIdle.length + movedSockets.length,
      finished: inTime + this.#late,
      lost: slow.filter((by) => by === undefined).length,
    };
  }

  /** What went wrong on all other workers. */
  failuresBeside(pid: number): string[] {
    return [...this.#idle, ...this.#slow, ...this.#webSockets]
      .filter((one) => one.pid !== pid)
      .flatMap(({ client }) => client.failures);
  }

  leave(): void {
    for (const { client } of [...this.#idle, ...this.#slow, ...this.#webSockets]) client.leave();
  }
}

const isServed = (client: WebSocketClient): boolean =>
  client.end === undefined && client.failures.length === 0;

async function keepAlive(port: number): Promise<Bystander<KeepAliveClient>> {
  const client = await KeepAliveClient.connect({ port });
  await client.ask([get('/')], PID);
  if (client.failures.length > 0) throw new Error(`a new client: ${client.failures}`);
  return { client, pid: client.lastPid };
}
