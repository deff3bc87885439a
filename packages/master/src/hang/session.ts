/**
 * One connection to the inspector of a process. Node serves the pause and the questions in the middle of JavaScript, in a
 * busy loop too. https://chromedevtools.github.io/devtools-protocol/v8/
 */
import { type CallFrame, type Frame, framesOf } from './frames.ts';
import { WebSocketClient } from './websocket-client.ts';

/** The parts of the protocol's messages that are read here. */
interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly scriptId?: unknown;
    readonly url?: unknown;
    readonly callFrames?: CallFrame[];
  };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

export interface EvaluateOptions {
  /** The answer is that of the promise which the expression makes. */
  readonly awaitPromise?: true;
  /** Milliseconds after which the expression itself is ended in the process. */
  readonly timeout?: number;
}

/** No method rejects: what has no answer in time, or no connection any more, resolves with undefined. */
export class Session {
  readonly #socket: WebSocketClient;
  readonly #scripts = new Map<unknown, string>();
  readonly #answers = new Map<number, (answer: Answer | undefined) => void>();
  readonly #ended: () => void;
  #frames: readonly Frame[] | undefined;
  #onPaused = () => {};
  #last = 0;
  #open = true;

  /** @param ended is called when the process has closed the connection */
  constructor(address: string, ended: () => void = () => {}) {
    this.#ended = ended;
    this.#socket = new WebSocketClient(address, {
      onEnd: () => this.close(),
      onMessage: (text) => {
        try {
          this.#read(JSON.parse(text));
        } catch {
          // No inspector of Node's sends this.
          this.close();
        }
      },
    });
    this.order('Debugger.enable');
  }

  /** The stack where the process stands still; undefined while it runs. */
  get frames(): readonly Frame[] | undefined {
    return this.#frames;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#frames = undefined;
    this.#socket.close();
    for (const answer of this.#answers.values()) answer(undefined);
    this.#onPaused();
    this.#ended();
  }

  /** Sends a command whose answer nobody needs. */
  order(method: string, params: object = {}): number {
    const id = ++this.#last;
    if (method === 'Debugger.resume') this.#frames = undefined;
    if (this.#open) this.#socket.send(JSON.stringify({ id, method, params }));
    return id;
  }

  /** Has the process stand still at the next JavaScript that it runs, which may be never. */
  pause(withinMs: number): Promise<readonly Frame[] | undefined> {
    if (this.#frames === undefined) this.order('Debugger.pause');
    return this.paused(withinMs);
  }

  /** Has it stand still again where the function that runs returns. */
  stepOut(withinMs: number): Promise<readonly Frame[] | undefined> {
    this.order('Debugger.stepOut');
    this.#frames = undefined;
    return this.paused(withinMs);
  }

  /** Resolves with the stack as soon as the process stands still. */
  async paused(withinMs: number): Promise<readonly Frame[] | undefined> {
    if (this.#frames === undefined && this.#open) {
      await within(withinMs, (resolve) => {
        this.#onPaused = () => resolve(undefined);
      });
    }
    return this.#frames;
  }

  /** @returns the value of a JavaScript expression in the process */
  async evaluate(expression: string, withinMs: number, options: EvaluateOptions = {}): Promise<unknown> {
    if (!this.#open) return undefined;
    const params = { expression, returnByValue: true, ...options };
    const id = this.order('Runtime.evaluate', params);
    const answer = await within<Answer>(withinMs, (resolve) => this.#answers.set(id, resolve));
    this.#answers.delete(id);
    return answer?.result?.result?.value;
  }

  #read(answer: Answer): void {
    const { id, method, params } = answer;
    if (method === 'Debugger.scriptParsed') this.#scripts.set(params?.scriptId, String(params?.url));
    else if (method === 'Debugger.paused') {
      this.#frames = framesOf(params?.callFrames ?? [], this.#scripts);
      this.#onPaused();
    } else if (method === 'Debugger.resumed') this.#frames = undefined;
    else if (id !== undefined) this.#answers.get(id)?.(answer);
  }
}

function within<T>(
  ms: number,
  begin: (resolve: (value: T | undefined) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
