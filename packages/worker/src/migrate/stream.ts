/**
 * `import { surviveStream } from 'tshorn'`: an event stream, or another long chunked response, moves to another worker
 * between two chunks. The other worker continues the same response.
 */
import type http from 'node:http';
import { worker } from '../api.ts';
import { headOf } from '../transport/upgraded.ts';
import { MigratableStream } from './migratable-stream.ts';
import { registry } from './registry.ts';
import { type Saved, stateText } from './state.ts';

/** Keeps TypeScript from inferring `State` here: the function's parameter decides, not its result. */
type Given<State> = [State][State extends unknown ? 0 : never];

/** Returns the state from which another worker continues. A stream without a state has none. */
export type Save<State> = undefined extends State
  ? // biome-ignore lint/suspicious/noConfusingVoidType: a stream without a state returns nothing.
    (() => Saved<Given<State>>) | void
  : () => Saved<Given<State>>;

/** Writes a stream, beginning at a state. The function that it returns saves the state from which another worker continues. */
export type Produce<State> = (
  stream: http.ServerResponse,
  state: State,
  request: http.IncomingMessage,
) => Save<State>;

/** Begins a stream on a response; the handler may have written the head. */
export type Begin<State> = (
  response: http.ServerResponse,
  ...state: undefined extends State ? [state?: State] : [state: State]
) => void;

export interface SurviveStreamOptions {
  /** Largest size of a state as JSON, in bytes. A stream with a larger state does not move. Default: 65,536. */
  readonly maxState?: number;
}

/**
 * Registers the function that produces a stream. In a request handler, call the function that `surviveStream` returns, with
 * the response and the first state. When this worker drains, the stream moves: tshorn calls the function that `produce` has
 * returned, and the other worker calls `produce` with that state. There the response is another object in the middle of the
 * same answer: its head has been sent. The response that is left behind emits 'close', as it does when its client
 * disconnects; `moved(response)` tells the two apart. Outside of tshorn the stream is served, and never moves.
 *
 * @param name the same in every release, and different for each stream
 * @param produce writes the stream; it returns the function that saves the state, or nothing for a stream without a state
 * @throws TypeError for a missing name or function, or a name that is taken; the returned function throws a TypeError for
 *   anything but Node's `http.ServerResponse`
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
  let isReported = false;
  const begin = (response: http.ServerResponse, state?: unknown) => {
    if (!isResponse(response)) {
      throw new TypeError(
        `surviveStream(): "${name}" was called with ${nameOf(response)} in place of Node's http.ServerResponse; with Fastify that is reply.raw, with Koa ctx.res`,
      );
    }
    // `writeHead` sends nothing by itself: the head would be lost when the stream moves before its first chunk.
    response.flushHeaders();
    const { req: request } = response;
    const head = headOf(request);
    const save: unknown = produce(response, state as State, request) ?? saveNothing;
    const pack = typeof save === 'function' ? () => stateText(save(), maxState) : undefined;
    if (!pack && !isReported) reportUnusable(name, save);
    isReported ||= !pack;
    if (worker.active) new MigratableStream({ response, resumer, head, pack }).register();
  };
  if (worker.active) resumers.set(resumer, { kind: 'response', resume: begin });
  return begin;
}

/** Not `instanceof`: an app's own server, or a test, may have another class. */
const isResponse = (it: Partial<http.ServerResponse> | undefined): boolean =>
  typeof it?.write === 'function' && typeof it.flushHeaders === 'function' && Boolean(it.req);

const nameOf = (it: unknown): string =>
  typeof it === 'object' && it !== null ? `an object (${it.constructor?.name})` : String(it);

const saveNothing = () => undefined;

/** Usually `produce` is an async function. The stream has begun, so its client is served rather than failed. */
function reportUnusable(name: string, save: unknown): void {
  const what = save instanceof Promise ? 'a promise' : nameOf(save);
  process.stderr.write(
    `surviveStream(): the function of "${name}" returned ${what}; its streams are served but do not move. Return a function that saves the state, or nothing\n`,
  );
}
