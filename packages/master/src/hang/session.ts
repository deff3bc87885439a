/**
 * One connection to the inspector of a process. Node serves the pause and the questions in the middle of JavaScript, in a
 * busy loop too. https://chromedevtools.github.io/devtools-protocol/v8/
 */
import { Deadline } from '@tshorn/core';
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

/** The name of the frame of what is evaluated here. */
const OWN_URL = 'tshorn:evaluate';

const WAKE_AFTER_MS = 30;
const SILENT_WITHIN_MS = 1_000;
const LINGER_MS = 50;

/** No method rejects: what has no answer in time, or no connection any more, resolves with undefined. */
export class Session {
  readonly #socket: WebSocketClient;
  readonly #scripts = new Map<unknown, string>();
  readonly #answers = new Map<number, (answer: Answer | undefined) => void>();
  #frames: readonly Frame[] | undefined;
  /** The debugger's name of each frame of the last pause. */
  #frameIds: readonly unknown[] = [];
  /** Present while a pause is waited for. */
  #onPaused: ((frames?: readonly Frame[]) => void) | undefined;
  #last = 0;
  #open = true;

  /** @param address `ws://HOST:PORT/PATH` */
  constructor(address: string) {
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
    // A `debugger` statement of the app is no answer to a pause.
    this.order('Debugger.setBreakpointsActive', { active: false });
  }

  get isClosed(): boolean {
    return !this.#open;
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
    this.#onPaused?.();
  }

  /**
   * As `close`, for a process that lives on. The connection itself ends when the process has nothing more to say: the
   * inspector of Node writes to one that its client has closed, and crashes (TcpHolder::WriteRaw).
   */
  end(): void {
    if (!this.#open) return;
    const id = this.order('Debugger.disable');
    const close = () => this.#socket.close();
    const timer = setTimeout(close, SILENT_WITHIN_MS).unref();
    this.#open = false;
    this.#frames = undefined;
    for (const answer of this.#answers.values()) answer(undefined);
    this.#answers.clear();
    this.#onPaused?.();
    // Answers to questions with a promise may still follow.
    this.#answers.set(id, () => {
      clearTimeout(timer);
      setTimeout(close, LINGER_MS).unref();
    });
  }

  /** Sends a command whose answer nobody needs. */
  order(method: string, params: object = {}): number {
    const id = ++this.#last;
    if (this.#open) this.#socket.send(JSON.stringify({ id, method, params }));
    return id;
  }

  /**
   * Has the process stand still at the next JavaScript that it runs, which may be never.
   * @returns the stack where it stands; empty when it runs nothing but what is evaluated here. It goes on then, and where the
   *   pause came in such a question, on top of the code that runs: `frames` says whether it stands still
   */
  pause(withinMs: number): Promise<readonly Frame[] | undefined> {
    if (this.#frames === undefined) {
      this.order('Debugger.pause');
      // `Atomics.wait` looks for a pause when it is woken, and goes on sleeping when the order has just been noted.
      setTimeout(() => this.order('Runtime.getIsolateId'), WAKE_AFTER_MS).unref();
    }
    return this.paused(withinMs);
  }

  /**
   * As `pause`, but the time counts from when the process has read the order. A question that it reads together with the
   * order would stop at its own first statement, and nothing would be answered any more.
   * @param readWithinMs the longest time in all
   */
  async pauseOnceRead(withinMs: number, readWithinMs: number): Promise<readonly Frame[] | undefined> {
    if (!this.#open) return undefined;
    const id = this.order('Debugger.pause');
    const frames = await within<readonly Frame[]>(readWithinMs, (resolve) => {
      this.#onPaused = resolve;
      this.#answers.set(id, () => setTimeout(resolve, withinMs, undefined));
    });
    this.#onPaused = undefined;
    this.#answers.delete(id);
    return frames;
  }

  /** Has it stand still again where the function that runs returns. */
  stepOut(withinMs: number): Promise<readonly Frame[] | undefined> {
    this.#frames = undefined;
    this.order('Debugger.stepOut');
    return this.paused(withinMs);
  }

  resume(params: { readonly terminateOnResume?: true } = {}): void {
    if (this.#frames === undefined) return;
    this.#frames = undefined;
    this.order('Debugger.resume', params);
  }

  /** Resolves as soon as the process stands still, as `pause` does. */
  async paused(withinMs: number): Promise<readonly Frame[] | undefined> {
    if (this.#frames !== undefined || !this.#open) return this.#frames;
    const frames = await within<readonly Frame[]>(withinMs, (resolve) => {
      this.#onPaused = resolve;
    });
    this.#onPaused = undefined;
    return frames;
  }

  /** @returns the value of a JavaScript expression in the process */
  async evaluate(expression: string, withinMs: number, options: EvaluateOptions = {}): Promise<unknown> {
    if (!this.#open) return undefined;
    const params = {
      expression: `${expression}\n//# sourceURL=${OWN_URL}`,
      returnByValue: true,
      ...options,
    };
    return this.#ask('Runtime.evaluate', params, withinMs);
  }

  /** @returns the value of an expression with the variables of the innermost frame for which `is` is true */
  async evaluateIn(is: (frame: Frame) => boolean, expression: string, withinMs: number): Promise<unknown> {
    const at = this.#frames?.findIndex(is) ?? -1;
    if (at === -1) return undefined;
    const params = { callFrameId: this.#frameIds[at], expression, returnByValue: true };
    return this.#ask('Debugger.evaluateOnCallFrame', params, withinMs);
  }

  async #ask(method: string, params: object, withinMs: number): Promise<unknown> {
    const id = this.order(method, params);
    const answer = await within<Answer>(withinMs, (resolve) => this.#answers.set(id, resolve));
    this.#answers.delete(id);
    return answer?.result?.result?.value;
  }

  #read(answer: Answer): void {
    const { id, method, params } = answer;
    if (method === 'Debugger.scriptParsed') this.#scripts.set(params?.scriptId, String(params?.url));
    else if (method === 'Debugger.paused') {
      const callFrames = params?.callFrames ?? [];
      this.#frameIds = callFrames.map(({ callFrameId }) => callFrameId);
      this.#pausedAt(framesOf(callFrames, this.#scripts));
    } else if (method === 'Debugger.resumed') this.#frames = undefined;
    else if (id !== undefined) this.#answers.get(id)?.(answer);
  }

  #pausedAt(frames: readonly Frame[]): void {
    const others = frames.filter(({ file }) => file !== OWN_URL);
    const isOwn = others.length < frames.length;
    if (this.#onPaused && !isOwn) {
      this.#frames = frames;
      return this.#onPaused(frames);
    }
    // The pause comes late, in code that nobody asked about; or in a question, on top of the code that runs.
    this.order('Debugger.resume');
    if (isOwn) this.#onPaused?.(others);
  }
}

function within<T>(
  ms: number,
  begin: (resolve: (value: T | undefined) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = new Deadline(ms, () => resolve(undefined));
    begin((value) => {
      timer.clear();
      resolve(value);
    });
  });
}
