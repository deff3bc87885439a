/** Clients of examples/live that check everything its page checks, and never reconnect. */
import { EventEmitter } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ask } from './load.ts';

const PAUSE_MS = 50;

interface From {
  readonly pid: number;
  readonly generation: number;
}

/** One connection: the generations that have sent something on it, and everything that was wrong. */
abstract class Witness extends EventEmitter<{ news: [] }> {
  deploys = 0;
  messages = 0;
  readonly wrong: string[] = [];
  readonly pids = new Set<number>();
  protected stopped = false;
  #newest = 0;

  protected heard({ pid, generation }: From): void {
    this.messages++;
    if (this.#newest && generation > this.#newest) this.deploys++;
    this.#newest = Math.max(generation, this.#newest);
    this.pids.add(pid);
    this.emit('news');
  }

  protected fail(what: string): void {
    if (this.stopped) return;
    this.wrong.push(what);
    this.emit('news');
  }

  /** Resolves when `look` is true; rejects as soon as something is wrong. */
  async until(look: () => boolean): Promise<void> {
    while (!look()) {
      if (this.wrong.length > 0) throw new Error(`${this.constructor.name}: ${this.wrong}`);
      await new Promise((resolve) => this.once('news', () => resolve(undefined)));
    }
  }

  /** Resolves after `more` further messages. */
  flow(more: number): Promise<void> {
    const goal = this.messages + more;
    return this.until(() => this.messages >= goal);
  }

  abstract stop(): void;
}

/** Sends heartbeats, whose number the server returns, and reads the chat. */
export class Chat extends Witness {
  readonly said: string[] = [];
  people: { readonly name: string; readonly pid: number }[] = [];
  readonly #ws: WebSocket;
  readonly #unanswered: number[] = [];
  #sent = 0;
  #next: number | undefined;

  constructor(port: number, name: string) {
    super();
    this.#ws = new WebSocket(`ws://127.0.0.1:${port}/chat?name=${name}`);
    this.#ws.on('error', ({ message }) => this.fail(message));
    this.#ws.on('close', (code) => this.fail(`closed with ${code}`));
    this.#ws.on('message', (data) => this.#read(JSON.parse(String(data))));
    this.#ws.once('open', () => void this.#heartbeat());
  }

  say(text: string): void {
    this.#ws.send(`say:${text}`);
    this.#sent++;
  }

  async #heartbeat(): Promise<void> {
    while (!this.stopped) {
      this.#ws.send(`heartbeat:${this.#sent}`);
      this.#unanswered.push(++this.#sent);
      await sleep(PAUSE_MS);
    }
  }

  #read(message: From & Record<string, never>): void {
    const { heartbeat, heard, from, lines, people } = message as Record<string, unknown> & {
      lines?: { say?: string }[];
      people?: Chat['people'];
    };
    if (heartbeat !== undefined) {
      const expected = this.#unanswered.shift();
      if (heard !== expected) this.fail(`the server has had ${heard} messages, not ${expected}`);
    } else if (lines && people) {
      if (this.#next !== undefined && from !== this.#next) this.fail(`line ${from}, not ${this.#next}`);
      this.#next = Number(from) + lines.length;
      for (const { say } of lines) if (say) this.said.push(say);
      this.people = people;
    }
    this.heard(message);
  }

  stop(): void {
    this.stopped = true;
    this.#ws.close();
  }
}

/** Reads the event stream; its numbers have no gap and no repeat. */
export class Ticks extends Witness {
  readonly #request: http.ClientRequest;
  #text = '';
  #last: number | undefined;

  constructor(port: number) {
    super();
    this.#request = http.get({ host: '127.0.0.1', port, path: '/ticks', agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (chunk) => this.#read(chunk));
      response.on('close', () => this.fail('the stream has ended'));
      response.on('error', ({ message }) => this.fail(message));
    });
    this.#request.on('error', ({ message }) => this.fail(message));
  }

  #read(chunk: string): void {
    const events = (this.#text + chunk).split('\n\n');
    this.#text = events.pop() as string;
    for (const event of events) {
      const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(event) ?? [];
      if (data === undefined) return this.fail(`not an event: ${event}`);
      const n = Number(id);
      if (this.#last !== undefined && n !== this.#last + 1) this.fail(`event ${n} after ${this.#last}`);
      this.#last = n;
      this.heard(JSON.parse(data));
    }
  }

  stop(): void {
    this.stopped = true;
    this.#request.destroy();
  }
}

/** Sends one request after the other on one connection. */
export class Poll extends Witness {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #clientPort: number | undefined;

  constructor(port: number) {
    super();
    void this.#run(port);
  }

  async #run(port: number): Promise<void> {
    while (!this.stopped) {
      try {
        const { body } = await ask({ port }, { path: '/poll', agent: this.#agent });
        const answer = JSON.parse(body) as From & { readonly port: number };
        this.#clientPort ??= answer.port;
        if (answer.port !== this.#clientPort) this.fail(`connected again, from ${answer.port}`);
        this.heard(answer);
      } catch (error) {
        this.fail(`${error}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  stop(): void {
    this.stopped = true;
    this.#agent.destroy();
  }
}
