/** A debugger as an editor attaches it: it asks for the target at an address, and attaches again when its connection ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { DEADLINE_MS } from './deadline.ts';

interface Paused {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId: string;
    readonly url: string;
    readonly callFrames: { readonly location: { readonly scriptId: string; readonly lineNumber: number } }[];
  };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

const EVERY_MS = 20;

/** The WebSocket address of the process that listens there; undefined while none does. */
async function targetOf(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`, {
      signal: AbortSignal.timeout(1_000),
    });
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}

export class Debugger {
  readonly #socket: WebSocket;
  readonly #scripts = new Map<string, string>();
  readonly #answers = new Map<number, (message: Message) => void>();
  #last = 0;
  readonly #pauses: Paused[] = [];
  #onPause: () => void = () => {};
  /** Resolves when the connection has ended. */
  readonly ended: Promise<unknown>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data) => this.#read(JSON.parse(String(data))));
    socket.on('error', () => {});
  }

  /** Attaches as soon as a process listens there, and lets one that waits for a debugger go on. */
  static async attach(port: number): Promise<Debugger> {
    const until = Date.now() + DEADLINE_MS;
    for (;;) {
      const address = await targetOf(port);
      if (address !== undefined) {
        const socket = new WebSocket(address);
        const debuggers = new Debugger(socket);
        // A worker that is about to leave may end the connection at any moment.
        if (await Promise.race([debuggers.#begin().catch(() => false), debuggers.ended.then(() => false)]))
          return debuggers;
      }
      if (Date.now() > until) throw new Error(`nobody listens for a debugger on port ${port}`);
      await sleep(EVERY_MS);
    }
  }

  async #begin(): Promise<true> {
    await once(this.#socket, 'open');
    await this.send('Debugger.enable');
    await this.send('Runtime.enable');
    await this.send('Runtime.runIfWaitingForDebugger');
    return true;
  }

  #read(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined) this.#answers.get(id)?.(message);
    else if (method === 'Debugger.scriptParsed' && params) this.#scripts.set(params.scriptId, params.url);
    else if (method === 'Debugger.paused') {
      const { location } = params?.callFrames[0] ?? {};
      if (location)
        this.#pauses.push({
          file: this.#scripts.get(location.scriptId) ?? '',
          line: location.lineNumber + 1,
        });
      this.#onPause();
    }
  }

  /** Resolves with the answer; for ever pending when the connection ends first. */
  send(method: string, params: object = {}): Promise<Message> {
    const id = ++this.#last;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
    });
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    return result?.result?.value;
  }

  /** Resolves with the place of the next pause that has not been told yet. */
  async paused(): Promise<Paused> {
    while (this.#pauses.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onPause = resolve;
      });
    }
    return this.#pauses.shift() as Paused;
  }

  close(): void {
    this.#socket.close();
  }
}

/** `node inspect`, attached. It does not answer the close frame of Node's inspector, and keeps its connection. */
export async function nodeInspect(port: number) {
  const child = spawn(process.execPath, ['inspect', `127.0.0.1:${port}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {});
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`node inspect has ended: ${text}`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('debug> ')) resolve();
    });
  });
  return {
    type: (line: string) => void child.stdin.write(`${line}\n`),
    end: async () => {
      const closed = child.exitCode === null && child.signalCode === null && once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}
