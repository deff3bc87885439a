/** The outside of clients.mjs: starts the clients on a host of the network, and asks what has happened to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Failure {
  readonly kind: string;
  /** Number of the request. */
  readonly n: number;
  readonly cause: string;
}

/** A WebSocket that has ended. */
export interface Closed {
  readonly host: string;
  readonly code: number;
}

export interface Happened {
  readonly requests: number;
  readonly connections: number;
  readonly messages: number;
  readonly failures: readonly Failure[];
  readonly closed: readonly Closed[];
}

export interface Sizes {
  readonly keepAlive: number;
  /** Of keep-alive clients that always wait for an answer: there are some on each host at any moment. */
  readonly slow: number;
  readonly fresh: number;
  readonly webSockets: number;
  /** Mean pause of a client between two requests. */
  readonly pauseMs: number;
}

export const sum = (a: Happened, b: Happened): Happened => ({
  requests: a.requests + b.requests,
  connections: a.connections + b.connections,
  messages: a.messages + b.messages,
  failures: [...a.failures, ...b.failures],
  closed: [...a.closed, ...b.closed],
});

export class Clients {
  readonly #process: ChildProcess;
  /** Rejects when they end. */
  readonly #ended: Promise<never>;
  #errors = '';

  constructor(
    target: string,
    { keepAlive, slow, fresh, webSockets, pauseMs }: Sizes,
    on: (command: string[]) => string[],
  ) {
    const [command = '', ...args] = on([process.execPath, path.join(__dirname, 'clients.mjs')]);
    this.#process = spawn(command, args, {
      env: {
        ...{ ...process.env, TARGET: target, PAUSE_MS: String(pauseMs) },
        ...{
          KEEP_ALIVE: String(keepAlive),
          SLOW: String(slow),
          FRESH: String(fresh),
          WEBSOCKETS: String(webSockets),
        },
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.on('data', (data) => {
      this.#errors += data;
    });
    this.#ended = once(this.#process, 'close').then(() => {
      throw new Error(`the clients have ended: ${this.#errors}`);
    });
    // At the end of the test nobody waits for it.
    this.#ended.catch(() => {});
  }

  /** What has happened since the last call. */
  async happened(): Promise<Happened> {
    const answer = new Promise((resolve) => this.#process.once('message', (message) => resolve([message])));
    this.#process.send({});
    return ((await Promise.race([answer, this.#ended])) as [Happened])[0];
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
