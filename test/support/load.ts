/**
 * Clients that never retry: a request without a complete and correct answer is a failure, with its reason. They run
 * until stopped, at most two minutes (five in the long suite): a test that takes longer fails, since it had no load.
 */

import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { isLong } from './long.ts';

export interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  /** For TLS. */
  readonly tls?: ConnectionOptions;
}

interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly agent?: http.Agent | false;
  /** Number of pieces in which the body is written, with pauses between them. */
  readonly body?: Buffer;
  readonly pieces?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  /** Called at an informational response: the app has the request. */
  readonly onArrival?: () => void;
  /** Called with the client's port when it begins to connect. */
  readonly onPort?: (port: number) => void;
  /** Its client goes away. */
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly localPort: number | undefined;
}

const LONGEST_MS = isLong ? 300_000 : 120_000;

/** Sends one request. Rejects when the connection fails before the answer is complete. */
export function ask(
  { tls, ...target }: Target,
  { path, method, agent, body, pieces = 1, headers, onArrival, onPort, signal }: Ask,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (tls ? https : http).request(
      {
        host: '127.0.0.1',
        ...target,
        ...tls,
        path,
        method: method ?? (body ? 'POST' : 'GET'),
        agent,
        headers,
        signal,
      },
      (response) => {
        const localPort = response.socket?.localPort;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers, localPort }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    if (onArrival) request.once('information', onArrival);
    if (onPort) request.once('socket', ({ localPort = 0 }) => onPort(localPort));
    void write(request, body, pieces);
  });
}

async function write(request: http.ClientRequest, body: Buffer | undefined, pieces: number): Promise<void> {
  if (body) {
    const size = Math.ceil(body.length / pieces);
    for (let at = 0; at < body.length && !request.destroyed; at += size) {
      request.write(body.subarray(at, at + size));
      if (pieces > 1) await sleep(30);
    }
  }
  if (!request.destroyed) request.end();
}

export class MixedLoad {
  readonly failures: string[] = [];
  /** Number of answers of each worker pid. */
  readonly byPid = new Map<string, number>();
  readonly kinds: Record<string, number> = {};
  readonly #target: Target;
  readonly #agents: http.Agent[] = [];
  readonly #clients: Promise<void>[] = [];
  readonly #until = Date.now() + LONGEST_MS;
  #stopped = false;

  constructor(target: Target) {
    this.#target = target;
  }

  get answered(): number {
    return Object.values(this.kinds).reduce((sum, count) => sum + count, 0);
  }

  /** Half as many clients in the short suite, where the clients and the server share two CPUs with other tests. */
  start({
    fresh = isLong ? 4 : 2,
    posts = isLong ? 12 : 6,
    slow = isLong ? 4 : 2,
    uploads = isLong ? 2 : 1,
  } = {}): this {
    this.#spawn(
      fresh,
      () => this.#once('fresh', { path: '/', agent: false, headers: { connection: 'close' } }),
      10,
    );
    this.#spawnKeepAlive(posts, 40, (agent) => {
      const body = randomBytes(2_000);
      const expected = createHash('sha256').update(body).digest('hex');
      return this.#once('post', { path: '/echo', agent, body }, expected);
    });
    this.#spawnKeepAlive(slow, 20, (agent) => this.#once('slow', { path: '/slow?ms=300', agent }, 'slow'));
    this.#spawnKeepAlive(uploads, 20, (agent) => {
      const body = randomBytes(200_000);
      const expected = createHash('sha256').update(body).digest('hex');
      return this.#once('upload', { path: '/upload', agent, body, pieces: 10 }, expected);
    });
    return this;
  }

  #spawnKeepAlive(count: number, pauseMs: number, run: (agent: http.Agent) => Promise<void>): void {
    for (let client = 0; client < count; client++) {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      this.#agents.push(agent);
      this.#spawn(1, () => run(agent), pauseMs);
    }
  }

  #spawn(count: number, run: () => Promise<void>, pauseMs: number): void {
    const client = async () => {
      while (!this.#stopped && Date.now() < this.#until) {
        await run();
        await sleep(Math.random() * 2 * pauseMs);
      }
    };
    for (let at = 0; at < count; at++) this.#clients.push(client());
  }

  async #once(kind: string, request: Ask, expected?: string): Promise<void> {
    try {
      const answer = await ask(this.#target, request);
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      if (expected !== undefined && answer.body !== expected)
        throw new Error(`wrong body: ${answer.body.slice(0, 80)}`);
      this.kinds[kind] = (this.kinds[kind] ?? 0) + 1;
      const pid = String(answer.headers['x-pid']);
      this.byPid.set(pid, (this.byPid.get(pid) ?? 0) + 1);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.failures.push(`${kind} ${request.path}: ${code ?? ''} ${message}`);
    }
  }

  /** Resolves when this many requests have been answered since the call. */
  async flow(count: number): Promise<void> {
    const goal = this.answered + count;
    while (this.answered < goal) {
      if (Date.now() > this.#until)
        throw new Error(`only ${this.answered} answers; ${this.failures.slice(0, 5)}`);
      await sleep(20);
    }
  }

  /** Rejects when the load has ended before, by itself. */
  async stop(): Promise<void> {
    if (!this.#stopped && Date.now() > this.#until)
      throw new Error(`The load ended by itself after ${LONGEST_MS} ms: the test went on without it.`);
    this.#stopped = true;
    await Promise.all(this.#clients);
    for (const agent of this.#agents) agent.destroy();
  }
}
