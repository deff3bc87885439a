/**
 * Clients that never retry, and requests that misbehave: what each one of them got. The app is
 * fixtures/fails-in-many-ways.mjs, which keeps a journal of the requests by their ids.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fateOf } from './crowd.ts';
import { KeepAliveClient } from './keep-alive-client.ts';
import { ask } from './load.ts';
import type { Random } from './random.ts';
import type { TestServer } from './server.ts';
import { type ConnectOptions, WebSocketClient } from './websocket-client.ts';

const CLIENTS = { idle: 40, webSockets: 12, slow: 12 };

export interface Failure {
  readonly what: string;
  readonly why: string;
  /** The client's port. */
  readonly port: number;
  readonly at: number;
  /** Undefined for a connection that was at rest, or a WebSocket. */
  readonly id?: string;
}

export interface Sent {
  readonly id: string;
  readonly kind: string;
  /** Its status, or `cut`. */
  readonly fate: string;
}

export class Story {
  readonly failures: Failure[] = [];
  readonly sent: Sent[] = [];
  readonly answered = { idle: 0, webSockets: 0, slow: 0 };
  readonly #server: TestServer;
  readonly #random: Random;
  #last = 0;
  #isOver = false;

  constructor(server: TestServer, random: Random) {
    this.#server = server;
    this.#random = random;
  }

  #id(): string {
    return String(++this.#last);
  }

  /** Until `over`; each client comes again when it has failed. Resolves when all have left. */
  async run(over: Promise<unknown>): Promise<void> {
    void over.then(() => {
      this.#isOver = true;
    });
    const lives: Promise<void>[] = [];
    const begin = (count: number, live: () => Promise<void>) => {
      for (let at = 0; at < count; at++) lives.push(this.#again(live));
    };
    begin(CLIENTS.idle, () => this.#idle());
    begin(CLIENTS.webSockets, () => this.#webSocket());
    begin(CLIENTS.slow, () => this.#slow());
    await Promise.all(lives);
  }

  async #again(live: () => Promise<void>): Promise<void> {
    while (!this.#isOver) await live();
  }

  /** Mostly at rest. */
  async #idle(): Promise<void> {
    const client = await KeepAliveClient.connect({ port: this.#server.port });
    let id: string | undefined;
    while (client.open && !this.#isOver) {
      id = this.#id();
      await client.ask([`GET /?id=${id} HTTP/1.1\r\nHost: x\r\n\r\n`], id);
      if (!client.open) break;
      this.answered.idle++;
      id = undefined;
      await sleep(this.#random.below(1_500));
    }
    client.leave();
    for (const why of client.failures) this.#fail('idle', why, client.port, id);
  }

  async #webSocket(): Promise<void> {
    let port = 0;
    const options: ConnectOptions = {
      finishRequest(request) {
        request.once('socket', ({ localPort = 0 }) => {
          port = localPort;
        });
        request.end();
      },
    };
    const client = await WebSocketClient.connect(this.#server.port, options).catch((error) => {
      this.#fail('websocket', String(error), port);
    });
    if (!client) return;
    while (!client.end && !this.#isOver) {
      if (await client.send(['hello']).answer) this.answered.webSockets++;
      await sleep(this.#random.below(500));
    }
    client.leave();
    for (const why of client.failures) this.#fail('websocket', why, port);
  }

  async #slow(): Promise<void> {
    const id = this.#id();
    const path = `/slow?ms=${this.#random.below(1_000)}&id=${id}`;
    const since = { port: 0 };
    const onPort = (port: number) => {
      since.port = port;
    };
    try {
      const { status, body } = await ask({ port: this.#server.port }, { path, agent: false, onPort });
      if (status !== 200 || body !== `slow ${id}`) throw new Error(`${status} ${body.slice(0, 60)}`);
      this.answered.slow++;
    } catch (error) {
      this.#fail('slow', String(error), since.port, id);
    }
    await sleep(this.#random.below(300));
  }

  #fail(what: string, why: string, port: number, id?: string): void {
    this.failures.push({ what, why, port, at: Date.now(), ...(id !== undefined && { id }) });
  }

  /** One request that misbehaves. */
  async misbehave(fault: string, place: string): Promise<void> {
    const id = this.#id();
    const path = `/${fault}?in=${place}&id=${id}`;
    const fate = await fateOf(ask({ port: this.#server.port }, { path, agent: false }));
    this.sent.push({ id, kind: `${fault} in ${place}`, fate: fate === 'cut' ? fate : String(fate.status) });
  }
}
