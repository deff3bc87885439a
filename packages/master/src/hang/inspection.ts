/**
 * Asks a process through its inspector where its main thread is and which requests it has. Node serves the debugger's
 * pause and the question in the middle of JavaScript, in a busy loop too.
 * https://chromedevtools.github.io/devtools-protocol/v8/Debugger/
 */
import { type OpenRequest, readOpenRequests } from '@tshorn/core';
import { WebSocketClient } from './websocket-client.ts';

export interface Frame {
  /** Empty for an anonymous function. */
  readonly function: string;
  /** A path, or a URL of another kind such as `node:fs`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** The process did not answer in time for what is missing. */
export interface Inspection {
  /** Empty: no JavaScript runs, the event loop waits. */
  stack?: Frame[];
  requests?: OpenRequest[];
  rss?: number;
  heapUsed?: number;
  /** Resources that keep an idle event loop waiting: https://nodejs.org/api/process.html#processgetactiveresourcesinfo */
  waitsFor?: string[];
}

/** The name of the question's own frame. */
const QUESTION_URL = 'tshorn:question';
const QUESTION = `(() => {
  const { heapUsed, rss } = process.memoryUsage();
  const requests = globalThis[Symbol.for('tshorn.in-flight')]?.();
  return { rss, heapUsed, requests, waitsFor: process.getActiveResourcesInfo?.() };
})()
//# sourceURL=${QUESTION_URL}`;

/** A process that runs JavaScript has paused by then; one whose event loop is idle pauses at the question itself. */
const PAUSE_MS = 250;

interface CallFrame {
  readonly functionName?: unknown;
  readonly url?: unknown;
  readonly location?: {
    readonly scriptId?: unknown;
    readonly lineNumber?: unknown;
    readonly columnNumber?: unknown;
  };
}

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

/** Resolves when all is known, when the inspector has closed, or when `signal` aborts. Never rejects. */
export function inspect(address: string, signal: AbortSignal): Promise<Inspection> {
  const found: Inspection = {};
  const scripts = new Map<unknown, string>();
  return new Promise((resolve) => {
    let asked: number | undefined;
    let last = 0;
    const order = (method: string, params: object = {}) => {
      socket.send(JSON.stringify({ id: ++last, method, params }));
      return last;
    };
    const ask = () => {
      if (asked !== undefined) return;
      asked = order('Runtime.evaluate', { expression: QUESTION, returnByValue: true, timeout: 500 });
    };
    const end = () => {
      clearTimeout(timer);
      socket.close();
      resolve(found);
    };
    const timer = setTimeout(ask, PAUSE_MS);
    const socket = new WebSocketClient(address, {
      onEnd: end,
      onMessage: (text) => {
        try {
          read(JSON.parse(text));
        } catch {
          // No inspector of Node's sends this.
          end();
        }
      },
    });
    const read = ({ id, method, params, result }: Answer) => {
      if (method === 'Debugger.scriptParsed') scripts.set(params?.scriptId, String(params?.url));
      else if (method === 'Debugger.paused') {
        const stack = framesOf(params?.callFrames ?? [], scripts);
        found.stack ??= stack.filter(({ file }) => file !== QUESTION_URL);
        if (stack.some(({ file }) => file === QUESTION_URL)) order('Debugger.resume');
        ask();
      } else if (id !== undefined && id === asked) {
        take(found, result?.result?.value);
        end();
      }
    };
    signal.addEventListener('abort', end, { once: true });
    order('Debugger.enable');
    order('Debugger.pause');
  });
}

function take(found: Inspection, value: unknown): void {
  const { requests, rss, heapUsed, waitsFor } = (value ?? {}) as Record<string, unknown>;
  if (requests !== undefined) found.requests = readOpenRequests(requests);
  if (typeof rss === 'number') found.rss = rss;
  if (typeof heapUsed === 'number') found.heapUsed = heapUsed;
  if (Array.isArray(waitsFor)) found.waitsFor = waitsFor.slice(0, 100).map(String);
}

function framesOf(callFrames: readonly CallFrame[], scripts: ReadonlyMap<unknown, string>): Frame[] {
  return callFrames.map(({ functionName, url, location }) => ({
    function: String(functionName ?? ''),
    file: fileOf(String(url || (scripts.get(location?.scriptId) ?? ''))),
    line: Number(location?.lineNumber ?? 0) + 1,
    column: Number(location?.columnNumber ?? 0) + 1,
  }));
}

/** A file that was loaded anew may carry a query. */
function fileOf(url: string): string {
  if (!url.startsWith('file://')) return url;
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return url;
  }
}
