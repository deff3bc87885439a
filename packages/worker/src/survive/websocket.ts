/**
 * `import { survive } from 'tshorn/ws'`: WebSockets of the `ws` package, and of everything that stands on it, move
 * to another worker between two messages.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { worker } from '../api.ts';
import { headOf } from '../transport/upgraded.ts';
import { busyWith, watchHandlers } from './busy.ts';
import { SERVICE_RESTART } from './close-frame.ts';
import { headersBut, type RequestHead } from './heads.ts';
import { markMoved } from './moved.ts';
import { type Agreement, type HandoffNotice, registry, type Survivor } from './registry.ts';
import { isWaiting, resume } from './resume.ts';
import { type Saved, stateText } from './state.ts';
import { isKnown, isSending, leave, refusalOf, socketOf } from './ws-internals.ts';

export { moved } from './moved.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Set by tshorn on the request of a connection that has come from another worker; see `survive`. */
    handoff?: HandoffNotice;
  }
}

/** What is used of a `WebSocket` of the `ws` package. */
export interface WebSocketLike {
  readonly protocol?: string;
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** What is used of a `WebSocketServer` of the `ws` package. */
export interface WebSocketServerLike<Client extends WebSocketLike> {
  handleUpgrade(
    request: http.IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: Client, request: http.IncomingMessage) => void,
  ): void;
  /** 'headers' tells the lines of the 101 before they are sent. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  readonly options?: { readonly path?: string | null | undefined };
}

export interface SurviveOptions<Client extends WebSocketLike = WebSocketLike, State = unknown> {
  /**
   * Tells several WebSocket servers of an app apart: the same in every release. Default: the server's `path`, or
   * its place in the order of the calls.
   */
  readonly name?: string;
  /**
   * What another worker has to know to go on: JSON. It is called in the tick in which the connection moves, so
   * nothing can be sent after it; and once before, to see whether there is a state. It must change nothing.
   */
  save?(client: Client, request: http.IncomingMessage): Saved<State>;
  /**
   * In the other worker, in the tick of 'connection' and after it, before any message. If it returns a promise,
   * the first message comes when that has settled; if it rejects or throws, the client is closed with 1012.
   */
  restore?(client: Client, state: State, request: http.IncomingMessage): void | PromiseLike<void>;
  /**
   * Whether the connection must not move now; asked whenever it could. `running` is the number of its 'message'
   * listeners that have returned a promise and are not through. Default: `running > 0`.
   */
  busy?(client: Client, running: number): boolean;
  /** The most bytes that a state may have as JSON. Default: 65,536. With more the connection does not move. */
  readonly maxState?: number;
}

/** The options for an integration of a library; see ./index.ts. */
export interface AdapterOptions<Client extends WebSocketLike = WebSocketLike, State = unknown>
  extends SurviveOptions<Client, State> {
  /** The URL that the request has in the other worker; default: the same. */
  url?(url: string): string;
}

const REASON = 'handoff';
const RESTART = 'service restart';
const EXTENSIONS = 'Sec-WebSocket-Extensions: ';

const surviving = new WeakSet<object>();
let calls = 0;

/**
 * Lets the WebSockets of this server move to another worker when this one drains, and when the load is evened
 * out. To the client nothing happens; in the other worker 'connection' fires, with `request.handoff`. Here
 * 'close' fires with code 1012 and reason `handoff`: see `moved`. Outside of tshorn this does nothing.
 *
 * @param server a `WebSocketServer`: of `ws`, `fastify.websocketServer`, `expressWs(app).getWss()`
 * @throws TypeError for anything else, and when it is called twice for one server
 */
export function survive<Client extends WebSocketLike, State>(
  server: WebSocketServerLike<Client>,
  options: AdapterOptions<Client, State> = {},
): void {
  const place = calls++;
  if (typeof server?.handleUpgrade !== 'function') {
    throw new TypeError(
      'survive(): expected a WebSocketServer of the "ws" package, which has handleUpgrade(); with Fastify it is fastify.websocketServer, with express-ws expressWs(app).getWss()',
    );
  }
  if (surviving.has(server)) throw new TypeError('survive(): called twice for one WebSocketServer');
  surviving.add(server);
  if (!worker.active) return;
  const resumer = register(`websocket:${options.name ?? server.options?.path ?? place}`);
  const extensionsOf = noteExtensions(server);
  const { handleUpgrade } = server;
  server.handleUpgrade = (request: http.IncomingMessage, socket: Duplex, first: Buffer, callback) => {
    const { handoff } = request;
    const head = headOf(request);
    const follow = (client: Client, ...more: unknown[]) => {
      watchHandlers(client);
      const there = options.url ? { ...head, url: options.url(head.url) } : head;
      const agreement = { protocol: client.protocol ?? '', extensions: extensionsOf(request) };
      new SurvivingWebSocket({ client, request, head: there, agreement, resumer, options }).register();
      Reflect.apply(callback, undefined, [client, ...more]);
      if (!handoff) return;
      const restore = () => options.restore?.(client, handoff.state as State, request);
      resume(client, restore, (reason) => registry().resumeFailed(resumer, reason));
    };
    Reflect.apply(handleUpgrade, server, [request, socket, first, follow]);
  };
}

function register(resumer: string): string {
  const { resumers } = registry();
  if (resumers.has(resumer)) {
    throw new TypeError(
      `survive(): two WebSocketServers are called "${resumer}"; give each its own name: survive(wss, { name: 'chat' })`,
    );
  }
  resumers.set(resumer, { kind: 'upgrade' });
  return resumer;
}

/** What the 101 says of extensions: `ws` keeps it in a form of its own. */
function noteExtensions(server: Pick<WebSocketLike, 'on'>): (request: object) => string {
  const extensions = new WeakMap<object, string>();
  server.on('headers', (lines, request) => {
    const line = (lines as string[]).find((header) => header.startsWith(EXTENSIONS));
    if (line) extensions.set(request as object, line.slice(EXTENSIONS.length));
  });
  return (request) => extensions.get(request) ?? '';
}

interface Parts<Client extends WebSocketLike, State> {
  readonly client: Client;
  readonly request: http.IncomingMessage;
  readonly head: RequestHead;
  readonly agreement: Agreement;
  readonly resumer: string;
  readonly options: SurviveOptions<Client, State>;
}

/** What a client offers, and what has been settled long ago. */
const OFFERS = new Set(['sec-websocket-protocol', 'sec-websocket-extensions']);

class SurvivingWebSocket<Client extends WebSocketLike, State> implements Survivor {
  readonly socket: Socket;
  readonly resumer: string;
  readonly agreement: Agreement;
  readonly #client: Client;
  readonly #request: http.IncomingMessage | undefined;
  readonly #head: RequestHead;
  readonly #options: SurviveOptions<Client, State>;
  readonly #isKnown: boolean;

  constructor({ client, request, head, agreement, resumer, options }: Parts<Client, State>) {
    this.socket = socketOf(client);
    this.resumer = resumer;
    this.agreement = agreement;
    this.#client = client;
    // Only `save` wants the request, which is 800 bytes that the app may not keep.
    this.#request = options.save && request;
    this.#head = head;
    this.#options = options;
    this.#isKnown = isKnown(client);
  }

  register(): void {
    const { survivors } = registry();
    survivors.add(this);
    // It comes but once, and `once` takes 160 bytes more for as long as the connection lives.
    this.socket.on('close', () => survivors.delete(this));
  }

  /** The other worker has to come to the same agreement with the client that was made here. */
  get request(): RequestHead {
    const head = this.#head;
    const { protocol, extensions } = this.agreement;
    const rawHeaders = headersBut(head.rawHeaders, OFFERS);
    if (protocol !== '') rawHeaders.push('Sec-WebSocket-Protocol', protocol);
    // What was answered is asked for: a release with other settings then answers the same, if it can.
    if (extensions !== '') rawHeaders.push('Sec-WebSocket-Extensions', extensions);
    return { ...head, rawHeaders };
  }

  refusal(): string {
    if (!this.#isKnown) return 'unknown-ws';
    return refusalOf(this.#client) || (this.#isBusy || isWaiting(this.#client) ? 'busy' : '');
  }

  get #isBusy(): boolean {
    const running = busyWith(this.#client);
    return this.#options.busy?.(this.#client, running) ?? running > 0;
  }

  isSending(): boolean {
    return isSending(this.#client);
  }

  pack(): string {
    const { save, maxState } = this.#options;
    const state = save && this.#request && Reflect.apply(save, this.#options, [this.#client, this.#request]);
    return stateText(state, maxState);
  }

  leave(goesOn: boolean): void {
    if (goesOn) markMoved(this.#client);
    registry().survivors.delete(this);
    leave(this.#client, SERVICE_RESTART, goesOn ? REASON : RESTART);
  }

  close(): void {
    this.#client.close(SERVICE_RESTART, RESTART);
  }
}
