/**
 * The one meter of a worker: it counts the exchanges (requests with their responses) of the app's server, from the start
 * of the process on, and its counters never fall. Whoever wants a figure of an interval takes differences. The heartbeat,
 * the metrics, the canary's samples, the request hooks, the reports of hangs and the drain all read it; the transport
 * reports to it.
 *
 * `begun` runs for each request, so it allocates nothing and hangs nothing on a request: a property that each request
 * gets anew costs two per cent of a short answer. What is kept is kept on the connection, which answers one request at a
 * time. Ends are observed only while a listener wants them: Node makes an object for each as soon as anybody subscribes.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { moved } from './migrate/moved.ts';
import { registry } from './migrate/registry.ts';
import { exchangeOn } from './transport/http1-internals.ts';
import { isInProcess } from './transport/in-process.ts';
import type { Exchange, ExchangeObserver, ExchangeSource, Transport } from './transport/transport.ts';

/**
 * The requests of one connection. One object for all that the meter keeps there: each property that is looked up on a
 * socket costs, and a time that is a property of a socket is a new number on the heap for each request.
 */
class OnConnection {
  /** When the newest began; a double from the start, so that it is changed in place. */
  begunAt = Number.NaN;
  /** Those that have begun and not ended: more than one where they are pipelined. */
  open = 0;
  isWatched = false;
  readonly isInProcess: boolean;

  constructor(socket: Socket) {
    this.isInProcess = isInProcess(socket);
  }
}

const KEPT = Symbol('tshorn.requests');

/**
 * The clock of performance.now(), which two of are read for each request: the global `performance` is a getter, and its
 * method looks whose method it is, so bound to a constant it takes half the time.
 */
const now = performance.now.bind(performance);
type Metered = object & { [KEPT]?: OnConnection };

/** An exchange that has begun and may have ended. */
export interface Begun {
  readonly response: http.ServerResponse;
  /** On the clock of performance.now(). */
  readonly begunAt: number;
}

export class Meter implements ExchangeSource {
  readonly #transport: Transport;
  /** One for all connections: a closure for each would cost. */
  readonly #onClose: (this: Socket) => void;
  #requests = 0;
  #active = 0;
  #newest: http.ServerResponse | undefined;
  #listeners: readonly Partial<ExchangeObserver>[] = [];
  /** The listeners that want the begin, and those that want the end. */
  #onBegun: readonly ExchangeObserver['begun'][] = [];
  #onFinished: readonly ExchangeObserver['finished'][] = [];
  /** Present while a listener wants the ends. */
  #endFinished: (() => void) | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
    const closed = (socket: Socket) => this.#closed(socket);
    this.#onClose = function onClose() {
      closed(this);
    };
    transport.onBegun((exchange) => this.#begun(exchange));
  }

  /** Requests that have begun. Requests of the worker itself (probe, warm-up) are not traffic: no counter has them. */
  get requests(): number {
    return this.#requests;
  }

  /** Those of them that began while a listener wanted the ends, and have not ended. */
  get active(): number {
    return this.#active;
  }

  /** The request that began last, even if it has ended: nothing begins while the event loop is stuck. */
  get newest(): Begun | undefined {
    return this.#newest && begun(this.#newest);
  }

  /** Exchanges that have not ended. Where Node's server cannot be inspected, only the newest is known. */
  open(): Begun[] {
    const newest = this.#newest;
    const known = newest && !newest.writableFinished && !newest.destroyed ? [newest] : [];
    return (this.#transport.openResponses() ?? known).map(begun);
  }

  listen(listener: Partial<ExchangeObserver>): () => void {
    // Never changed in place: a listener may end its subscription while it is called.
    this.#listeners = [...this.#listeners, listener];
    this.#subscribe();
    return () => {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
      this.#subscribe();
    };
  }

  #subscribe(): void {
    this.#onBegun = this.#listeners.flatMap(({ begun }) => begun ?? []);
    this.#onFinished = this.#listeners.flatMap(({ finished }) => finished ?? []);
    const isWanted = this.#listeners.some(({ finished, aborted }) => finished ?? aborted);
    if (isWanted) this.#endFinished ??= this.#transport.onFinished((exchange) => this.#finished(exchange));
    else {
      this.#endFinished?.();
      this.#endFinished = undefined;
    }
  }

  #begun(exchange: Exchange): void {
    const socket = exchange.socket as Socket & Metered;
    const kept = socket[KEPT] ?? this.#keep(socket);
    const begunAt = now();
    kept.begunAt = begunAt;
    this.#newest = exchange.response;
    if (!kept.isInProcess) {
      this.#requests++;
      if (this.#endFinished) this.#expectEnd(socket, kept);
    }
    for (const begun of this.#onBegun) begun(exchange, begunAt);
  }

  #keep(socket: Socket & Metered): OnConnection {
    const kept = new OnConnection(socket);
    socket[KEPT] = kept;
    return kept;
  }

  #expectEnd(socket: Socket, kept: OnConnection): void {
    if (!kept.isWatched) {
      kept.isWatched = true;
      socket.on('close', this.#onClose);
    }
    kept.open++;
    this.#active++;
  }

  #finished(exchange: Exchange): void {
    const endedAt = now();
    const kept = (exchange.socket as Metered)[KEPT];
    if (kept && kept.open > 0) {
      kept.open--;
      this.#active--;
    }
    const tookMs = kept ? endedAt - kept.begunAt : 0;
    for (const finished of this.#onFinished) finished(exchange, tookMs);
  }

  /** A connection has closed. Whatever is open on it, and does not go on in another worker, was aborted. */
  #closed(socket: Socket & Metered): void {
    const open = this.#forget(socket);
    if (open === 0) return;
    const { response } = exchangeOn(socket);
    if (response && !moved(response)) this.#aborted(response, socket, open);
  }

  /** Returns how many were open. */
  #forget(socket: Metered): number {
    const kept = socket[KEPT];
    if (!kept) return 0;
    const { open } = kept;
    kept.open = 0;
    this.#active -= open;
    return open;
  }

  #aborted(response: http.ServerResponse, socket: Socket & Metered, count: number): void {
    const endedAt = now();
    const exchange = { request: response.req, response, socket };
    const tookMs = endedAt - (socket[KEPT]?.begunAt ?? endedAt);
    for (const listener of this.#listeners) listener.aborted?.(exchange, tookMs, count);
  }

  /** The process ends with this turn, and whatever is open with it; what migrates goes on in another worker. */
  abortAll(): void {
    const migrating = new Set([...registry().migratables].map(({ socket }) => socket));
    for (const { response } of this.open()) {
      const { socket } = response.req;
      const open = migrating.has(socket) ? 0 : this.#forget(socket);
      if (open > 0) this.#aborted(response, socket, open);
    }
  }
}

/** An exchange that has begun, as it is known from its response. */
export const begun = (response: http.ServerResponse): Begun => ({
  response,
  begunAt: (response.req.socket as Metered | null)?.[KEPT]?.begunAt ?? now(),
});
