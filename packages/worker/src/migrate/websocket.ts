/**
 * `import { survive } from 'tshorn/ws'`: WebSockets of the `ws` package, and of the libraries that are built on it, move to
 * another worker between two messages.
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
import { type Agreement, type HandoffNotice, type Migratable, registry } from './registry.ts';
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

/** The members that are used of a `WebSocket` of the `ws` package. */
export interface WebSocketLike {
  readonly protocol?: string;
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** The members that are used of a `WebSocketServer` of the `ws` package. */
export interface WebSocketServerLike<Client extends WebSocketLike> {
  handleUpgrade(
    request: http.IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: Client, request: http.IncomingMessage) => void,
  ): void;
  /** 'headers' carries the lines of the 101 before they are sent. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  readonly options?: { readonly path?: string | null | undefined };
}

export interface SurviveOptions<Client extends WebSocketLike = WebSocketLike, State = unknown> {
  /**
   * Distinguishes several WebSocket servers of one app; the same in every release. Default: the server's `path`, or its
   * place in the order of the calls.
   */
  readonly name?: string;
  /**
   * Returns the state that another worker needs to continue, as a value that JSON can express. Called in the tick in which
   * the connection moves, so that nothing can be sent after it, and once before, to see whether there is a state. It must
   * change nothing. If it throws, the connection does not move.
   */
  save?(client: Client, request: http.IncomingMessage): Saved<State>;
  /**
   * Called in the other worker with that state, after the 'connection' event and in the same tick, before any message. If
   * it returns a promise, messages wait until the promise settles. If it throws, rejects, or does not settle within 10
   * seconds, the client is closed with code 1012.
   */
  restore?(client: Client, state: State, request: http.IncomingMessage): void | PromiseLike<void>;
  /**
   * Returns true while the connection must not move; called whenever it could. `running` is the number of 'message'
   * listeners whose promise has not settled. If it throws, the connection does not move. Default: `running > 0`.
   */
  busy?(client: Client, running: number): boolean;
  /** Largest size of a state as JSON, in bytes. A connection with a larger state does not move. Default: 65,536. */
  readonly maxState?: number;
}

/** The options for an integration of a library; see ./index.ts. */
export interface AdapterOptions<Client extends WebSocketLike = WebSocketLike, State = unknown>
  extends SurviveOptions<Client, State> {
  /** Returns the URL that the request has in the other worker. Default: the same URL. */
  url?(url: string): string;
}

const REASON = 'handoff';
const RESTART = 'service restart';
const EXTENSIONS = 'Sec-WebSocket-Extensions: ';

const surviving = new WeakSet<object>();
let calls = 0;

/**
 * Lets the WebSockets of this server move to another worker when this worker drains, and when the load is evened out. The
 * client does not notice. The other worker emits 'connection' with `request.handoff`; this worker emits 'close' with code
 * 1012 and the reason `handoff` (see `moved`). Outside of tshorn this function does nothing.
 *
 * @param server a `WebSocketServer`: of `ws`, `fastify.websocketServer`, `expressWs(app).getWss()`
 * @throws TypeError for anything else, for a second call with one server, and for a name that is taken
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
      const it = new MigratableWebSocket({ client, request, head: there, agreement, resumer, options });
      Reflect.apply(callback, undefined, [client, ...more]);
      const restore = () => options.restore?.(client, handoff?.state as State, request);
      if (handoff) resume(client, restore, (reason) => registry().resumeFailed(resumer, reason));
      // Not before: what does not return from the app's listener must not go on to another worker.
      it.register();
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

/** The extensions header of each 101: `ws` itself keeps only its parsed form. */
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

/** Headers of the client's offer; the agreement replaces them. */
const OFFERS = new Set(['sec-websocket-protocol', 'sec-websocket-extensions']);

class MigratableWebSocket<Client extends WebSocketLike, State> implements Migratable {
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
    // Only `save` needs the request: without it 800 bytes of each connection are freed.
    this.#request = options.save && request;
    this.#head = head;
    this.#options = options;
    this.#isKnown = isKnown(client);
  }

  register(): void {
    const { migratables } = registry();
    migratables.add(this);
    // 'close' comes only once, and `once` would take 160 bytes more for as long as the connection lives.
    this.socket.on('close', () => migratables.delete(this));
  }

  /** The request that leads the other worker to the agreement that was made with the client here. */
  get request(): RequestHead {
    const head = this.#head;
    const { protocol, extensions } = this.agreement;
    const rawHeaders = headersBut(head.rawHeaders, OFFERS);
    if (protocol !== '') rawHeaders.push('Sec-WebSocket-Protocol', protocol);
    // The replayed request offers only the agreed values, so that a release with other settings agrees to the same.
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

  leave(resumed: boolean): void {
    if (resumed) markMoved(this.#client);
    registry().migratables.delete(this);
    leave(this.#client, SERVICE_RESTART, resumed ? REASON : RESTART);
  }

  close(): void {
    this.#client.close(SERVICE_RESTART, RESTART);
  }
}
