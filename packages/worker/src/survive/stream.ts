/**
 * `import { surviveStream } from 'tshorn'`: an event stream, or another long chunked response, moves to another worker
 * between two chunks and goes on there in the same response.
 */
import type http from 'node:http';
import { worker } from '../api.ts';
import { headOf } from '../transport/upgraded.ts';
import { registry } from './registry.ts';
import { type Saved, stateText } from './state.ts';
import { SurvivingStream } from './surviving-stream.ts';

/** Given up to the type that something else says: `State` is what the function takes, not what it happens to return. */
type Given<State> = [State][State extends unknown ? 0 : never];

/** Tells the state from which another worker goes on. Without a state there is nothing to tell. */
export type Save<State> = undefined extends State
  ? // biome-ignore lint/suspicious/noConfusingVoidType: a stream without a state returns nothing.
    (() => Saved<Given<State>>) | void
  : () => Saved<Given<State>>;

/** Produces a stream from a state on. What it returns tells the state from which another worker goes on. */
export type Produce<State> = (
  stream: http.ServerResponse,
  state: State,
  request: http.IncomingMessage,
) => Save<State>;

/** Begins a stream on a response whose head the handler has written, or on one that it has not. */
export type Begin<State> = (
  response: http.ServerResponse,
  ...state: undefined extends State ? [state?: State] : [state: State]
) => void;

export interface SurviveStreamOptions {
  /** The most bytes that a state may have as JSON. Default: 65,536. With more the stream does not move. */
  readonly maxState?: number;
}

/**
 * Registers what produces a stream, under a name that is the same in every release. Call what it returns in a
 * handler, with the response and the state to begin with; in the worker that the stream moves to, `produce` is
 * called by itself, with the state that the former one has returned. There the response is another object, in the
 * middle of the same answer: its head has been sent. The one that is left behind emits 'close', as it does
 * when its client goes; `moved` tells which.
 *
 * @throws TypeError when two streams have one name; what it returns, when it is called without a response of Node's
 */
export function surviveStream<State = undefined>(
  name: string,
  produce: Produce<State>,
  { maxState }: SurviveStreamOptions = {},
): Begin<State> {
  if (typeof name !== 'string' || name === '' || typeof produce !== 'function') {
    throw new TypeError(
      "surviveStream(): expected a name and a function: surviveStream('ticks', (stream, state) => { ... })",
    );
  }
  const resumer = `stream:${name}`;
  const { resumers } = registry();
  if (resumers.has(resumer)) {
    throw new TypeError(`surviveStream(): two streams are called "${name}"; give each its own name`);
  }
  let isTold = false;
  const begin = (response: http.ServerResponse, state?: unknown) => {
    if (!isResponse(response)) {
      throw new TypeError(
        `surviveStream(): "${name}" was called with ${nameOf(response)} in place of Node's http.ServerResponse; with Fastify that is reply.raw, with Koa ctx.res`,
      );
    }
    // `writeHead` alone sends nothing: the head would stay here when the stream moves before its first chunk.
    response.flushHeaders();
    const { req: request } = response;
    const head = headOf(request);
    const save: unknown = produce(response, state as State, request) ?? tellNothing;
    const pack = typeof save === 'function' ? () => stateText(save(), maxState) : undefined;
    if (!pack && !isTold) tellUnusable(name, save);
    isTold ||= !pack;
    if (worker.active) new SurvivingStream({ response, resumer, head, pack }).register();
  };
  if (worker.active) resumers.set(resumer, { kind: 'response', resume: begin });
  return begin;
}

/** Not `instanceof`: an app's own server, or a test, may have another class. */
const isResponse = (it: Partial<http.ServerResponse> | undefined): boolean =>
  typeof it?.write === 'function' && typeof it.flushHeaders === 'function' && Boolean(it.req);

const nameOf = (it: unknown): string =>
  typeof it === 'object' && it !== null ? `an object (${it.constructor?.name})` : String(it);

const tellNothing = () => undefined;

/** An async function's mistake, mostly. The stream has begun, and is worth more to its client than an error. */
function tellUnusable(name: string, save: unknown): void {
  const what = save instanceof Promise ? 'a promise' : nameOf(save);
  process.stderr.write(
    `surviveStream(): the function of "${name}" returned ${what}; it has to return the function that tells the state, or nothing. Its streams are served, and do not move\n`,
  );
}
