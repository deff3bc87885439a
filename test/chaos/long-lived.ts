/** Clients whose connections are meant for ever: WebSockets and event streams, which only a fault may end. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Random } from '../support/random.ts';
import type { Failure } from './clients.ts';

/** The outcome of one connection. */
interface Life {
  /** Resolves with why it ended. */
  readonly ended: Promise<string>;
  /** The client's port: known while it connects, before the server has said a word. */
  port(): number;
  end(): void;
}

type Begin = (port: number, count: () => void) => Life;

const ANSWER_MS = 90_000;
/** How a worker ends a stream and a WebSocket that cannot move. */
const IN_ORDER = new Set(['ended', 'closed with 1012']);

/** Each message is answered once, in order, with the server's own count. */
const webSocket: Begin = (port, count) => {
  let ownPort = 0;
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, {
    finishRequest(request) {
      request.once('socket', ({ localPort = 0 }) => {
        ownPort = localPort;
      });
      request.end();
    },
  });
  let sent = 0;
  let pause: NodeJS.Timeout | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const ended = new Promise<string>((resolve) => {
    const send = () => {
      ws.send(`m${++sent}`);
      deadline = setTimeout(() => resolve(`no answer within ${ANSWER_MS} ms`), ANSWER_MS);
    };
    ws.on('open', send);
    ws.on('message', (data) => {
      clearTimeout(deadline);
      if (String(data) !== `${sent} m${sent}`) return resolve(`"${data}" as the answer to message ${sent}`);
      count();
      pause = setTimeout(send, 50 + Math.random() * 400);
    });
    ws.on('error', (error) => resolve(String(error)));
    ws.on('close', (code) => resolve(`closed with ${code}`));
  });
  const end = () => {
    clearTimeout(pause);
    clearTimeout(deadline);
    ws.terminate();
  };
  return { ended, port: () => ownPort, end };
};

/** Numbered events without a gap. */
const eventStream: Begin = (port, count) => {
  const request = http.get({ host: '127.0.0.1', port, path: '/events', agent: false });
  let ownPort = 0;
  const ended = new Promise<string>((resolve) => {
    request.once('socket', ({ localPort = 0 }) => {
      ownPort = localPort;
    });
    request.once('error', (error) => resolve(String(error)));
    request.once('response', (response) => {
      let last = 0;
      let text = '';
      response.setEncoding('latin1').on('data', (more) => {
        const events = (text + more).split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          if (event !== `id: ${++last}`) resolve(`"${event}" as event ${last}`);
          count();
        }
      });
      response.once('error', (error) => resolve(String(error)));
      response.once('end', () => resolve('ended'));
    });
  });
  return { ended, port: () => ownPort, end: () => request.destroy() };
};

export class LongLivedClients {
  readonly failures: Failure[] = [];
  readonly answered: Record<string, number> = {};
  readonly #port: number;
  readonly #random: Random;
  readonly #running: Promise<void>[] = [];
  readonly #lives = new Set<Life>();
  #stopped = false;

  constructor(port: number, random: Random) {
    this.#port = port;
    this.#random = random;
  }

  start(): this {
    for (let client = 0; client < 20; client++) this.#running.push(this.#run('websocket', webSocket));
    for (let client = 0; client < 10; client++) this.#running.push(this.#run('events', eventStream));
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const life of this.#lives) life.end();
    await Promise.all(this.#running);
  }

  async #run(what: string, begin: Begin): Promise<void> {
    while (!this.#stopped) {
      const since = Date.now();
      let atRest = false;
      const life = begin(this.#port, () => {
        // From its first answer on it can move.
        atRest = true;
        this.answered[what] = (this.answered[what] ?? 0) + 1;
      });
      this.#lives.add(life);
      const reason = await life.ended;
      this.#lives.delete(life);
      life.end();
      if (this.#stopped) return;
      const at = Date.now();
      const port = life.port();
      const inOrder = IN_ORDER.has(reason);
      this.failures.push({ what, reason, port, atRest, isLongLived: true, inOrder, since, server: '', at });
      await sleep(this.#random.below(500));
    }
  }
}
