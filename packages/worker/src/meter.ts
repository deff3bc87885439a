/**
 * The one meter of a worker: it counts the exchanges (requests with their responses) of the app's server, from the start
 * of the process on, and its counters never fall. Whoever wants a figure of an interval takes differences. The heartbeat,
 * the canary's samples, the request hooks, the reports of hangs and the drain all read it; the transport reports to it.
 *
 * `begun` runs for each request, so it allocates nothing and hangs nothing on a request: a property that each request
 * gets anew costs two per cent of a short answer. So does the end of a response, for which Node makes an object once
 * anybody subscribes: statuses and durations are counted only while a listener wants the ends.
 */
import type http from 'node:http';
import { bucketOf, noCounts } from '@tshorn/core';
import { isInProcess } from './transport/in-process.ts';
import type { Exchange, ExchangeObserver, ExchangeSource, Transport } from './transport/transport.ts';

/** The time is kept on the connection, which answers one request at a time, and written at each request. */
const BEGUN = Symbol('tshorn.begun');
type Timed = object & { [BEGUN]?: number };

/** An exchange that has begun and may have ended. */
export interface Begun {
  readonly response: http.ServerResponse;
  /** On the clock of performance.now(). */
  readonly begunAt: number;
}

export class Meter implements ExchangeSource {
  readonly #transport: Transport;
  readonly #statuses = new Array<number>(10).fill(0);
  readonly #durations = noCounts();
  #requests = 0;
  #newest: http.ServerResponse | undefined;
  #listeners: readonly Partial<ExchangeObserver>[] = [];
  /** Present while a listener wants the ends. */
  #endFinished: (() => void) | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.onBegun((exchange) => this.#begun(exchange));
  }

  /** Requests that have begun. Requests of the worker itself (probe, warm-up) are not traffic: no counter has them. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Responses that were sent whole while a listener wanted the ends, by the first digit of their status; `statuses[5]` are
   * server errors.
   */
  get statuses(): readonly number[] {
    return this.#statuses;
  }

  /**
   * Milliseconds from a request's headers to the end of its response, in the buckets of core/src/sample.ts. Of requests
   * that are pipelined on one connection, the time of an earlier one counts from the begin of the last.
   */
  get durations(): readonly number[] {
    return this.#durations;
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
    const isWanted = this.#listeners.some(({ finished }) => finished !== undefined);
    if (isWanted) this.#endFinished ??= this.#transport.onFinished((exchange) => this.#finished(exchange));
    else {
      this.#endFinished?.();
      this.#endFinished = undefined;
    }
  }

  #begun(exchange: Exchange): void {
    const { response, socket } = exchange;
    (socket as Timed)[BEGUN] = performance.now();
    this.#newest = response;
    if (!isInProcess(socket)) this.#requests++;
    for (const listener of this.#listeners) listener.begun?.(exchange);
  }

  #finished(exchange: Exchange): void {
    const { response, socket } = exchange;
    if (!isInProcess(socket)) {
      const status = Math.trunc(response.statusCode / 100);
      this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
      const bucket = bucketOf(performance.now() - ((socket as Timed)[BEGUN] ?? 0));
      this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1;
    }
    for (const listener of this.#listeners) listener.finished?.(exchange);
  }
}

/** An exchange that has begun, as it is known from its response. */
export const begun = (response: http.ServerResponse): Begun => ({
  response,
  begunAt: (response.req.socket as Timed | null)?.[BEGUN] ?? performance.now(),
});
