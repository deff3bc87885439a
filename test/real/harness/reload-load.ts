/** Clients without retry: ten keep-alive ones, four that are quiet for 3 s at a time, ten new connections a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KeepAliveClient } from '../../support/keep-alive-client.ts';
import { answer, type RealAnswer } from './answers.ts';
import type { RealRequest } from './real-package.ts';

const LONGEST_MS = 180_000;
const BUSY = 10;
const QUIET = 4;
const QUIET_MS = 3_000;
const BUSY_MS = 50;
const NEW_EVERY_MS = 100;

export class ReloadLoad {
  answered = 0;
  /** Idle connections that the server has closed. */
  readonly closed: string[] = [];
  readonly failed: string[] = [];
  readonly #port: number;
  readonly #request: RealRequest;
  readonly #until = Date.now() + LONGEST_MS;
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(port: number, request: RealRequest) {
    this.#port = port;
    this.#request = request;
  }

  start(): this {
    for (let at = 0; at < BUSY; at++) this.#running.push(this.#keepAlive(BUSY_MS));
    for (let at = 0; at < QUIET; at++) this.#running.push(this.#keepAlive(QUIET_MS));
    this.#running.push(this.#connect());
    return this;
  }

  get #goesOn(): boolean {
    return !this.#stopped && Date.now() < this.#until;
  }

  async #keepAlive(pauseMs: number): Promise<void> {
    const client = await KeepAliveClient.connect({ port: this.#port });
    const text = requestText(this.#request);
    while (this.#goesOn && client.open) {
      const before = client.answered;
      await client.ask([text], /^/);
      this.answered += client.answered - before;
      for (const end = Date.now() + pauseMs; this.#goesOn && client.open && Date.now() < end; )
        await sleep(20);
    }
    // A quiet connection shows only now whether it still works.
    const before = client.answered;
    await client.ask([text], /^/);
    this.answered += client.answered - before;
    for (const failure of client.failures) {
      const idle = /^closed by the server \(0 unanswered/.test(failure);
      (idle ? this.closed : this.failed).push(failure);
    }
    client.leave();
  }

  async #connect(): Promise<void> {
    while (this.#goesOn) {
      try {
        const { status, body }: RealAnswer = await answer(this.#port, this.#request);
        if (status !== (this.#request.status ?? 200)) throw new Error(`${status}: ${body.slice(0, 80)}`);
        this.answered++;
      } catch (error) {
        this.failed.push(`new connection: ${error}`);
      }
      await sleep(NEW_EVERY_MS);
    }
  }

  async stop(): Promise<this> {
    this.#stopped = true;
    await Promise.all(this.#running);
    return this;
  }
}

/** An idle keep-alive connection that has had one answer. */
export async function idleClient(port: number, request: RealRequest): Promise<KeepAliveClient> {
  const client = await KeepAliveClient.connect({ port });
  await client.ask([requestText(request)], /^/);
  return client;
}

function requestText({ path, method = 'GET', headers = {}, body = '' }: RealRequest): string {
  const lines = Object.entries({
    host: '127.0.0.1',
    ...headers,
    ...(body && { 'content-length': body.length }),
  });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
