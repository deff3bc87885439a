/**
 * Measures the worker's own traffic while the master watches it; the other end is
 * master/src/canary/watch.ts. Nothing is subscribed and no timer runs while no watch is on.
 */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import { Socket } from 'node:net';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { bucketOf, noCounts, SAMPLE_EVERY_MS, type Sample, URGENT_BAD } from '@tshorn/core';

interface Exchange {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly socket: Socket;
  readonly server: http.Server;
}

interface Open {
  /** On the clock of performance.now(). */
  readonly since: number;
  readonly exchange: Exchange;
}

/** Milliseconds between two measurements of the event-loop delay, and what a loop without delay shows. */
const LOOP_RESOLUTION_MS = 20;

export class Sampler {
  readonly #server: http.Server;
  readonly #send: (sample: Sample) => void;
  readonly #open = new Map<http.ServerResponse, Open>();
  #timer: NodeJS.Timeout | undefined;
  #loop: IntervalHistogram | undefined;
  #requests = 0;
  #serverErrors = 0;
  #handlerErrors = 0;
  #uncaught = 0;
  #latency = noCounts();

  constructor(server: http.Server, send: (sample: Sample) => void) {
    this.#server = server;
    this.#send = send;
  }

  /** Started again while it measures, it sends a sample at once. */
  start(): void {
    if (this.#timer) return this.#tell();
    this.#reset();
    diagnostics.subscribe('http.server.request.start', this.#started);
    diagnostics.subscribe('http.server.response.finish', this.#finished);
    // Unlike 'uncaughtException' it changes nothing: an app that would have ended still ends
    // (https://nodejs.org/api/process.html#event-uncaughtexceptionmonitor).
    process.on('uncaughtExceptionMonitor', this.#threw);
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    this.#loop.enable();
    this.#timer = setInterval(() => this.#tell(), SAMPLE_EVERY_MS).unref();
  }

  /** What is open is forgotten: its listener for 'close' finds nothing. */
  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    diagnostics.unsubscribe('http.server.request.start', this.#started);
    diagnostics.unsubscribe('http.server.response.finish', this.#finished);
    process.off('uncaughtExceptionMonitor', this.#threw);
    this.#loop?.disable();
    this.#open.clear();
  }

  readonly #started = (message: unknown): void => {
    const exchange = message as Exchange;
    // The probe comes over an in-memory stream: it is no traffic.
    if (exchange.server !== this.#server || !(exchange.socket instanceof Socket)) return;
    const { response } = exchange;
    this.#open.set(response, { since: performance.now(), exchange });
    response.once('close', () => this.#closed(response));
  };

  readonly #finished = (message: unknown): void => {
    const { response } = message as Exchange;
    const open = this.#open.get(response);
    if (!open) return;
    this.#open.delete(response);
    this.#requests++;
    const bucket = bucketOf(performance.now() - open.since);
    this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
    if (response.statusCode < 500) return;
    this.#serverErrors++;
    this.#tellIfUrgent();
  };

  /** Comes after the response's end as well; then it is not open any more. */
  #closed(response: http.ServerResponse): void {
    const open = this.#open.get(response);
    if (!open) return;
    this.#open.delete(response);
    if (!isAbandoned(open.exchange)) return;
    this.#requests++;
    this.#handlerErrors++;
    this.#tellIfUrgent();
  }

  readonly #threw = (): void => {
    this.#uncaught++;
    this.#tellIfUrgent();
  };

  #tellIfUrgent(): void {
    const bad = this.#serverErrors + this.#handlerErrors + this.#uncaught;
    if (bad >= URGENT_BAD) this.#tell();
  }

  #tell(): void {
    const loopDelayMs = Math.max(0, (this.#loop?.percentile(99) ?? 0) / 1e6 - LOOP_RESOLUTION_MS);
    this.#send({
      requests: this.#requests,
      serverErrors: this.#serverErrors,
      handlerErrors: this.#handlerErrors,
      uncaught: this.#uncaught,
      latency: this.#latency,
      waiting: this.#waiting(),
      loopDelayMs,
    });
    this.#reset();
  }

  #waiting(): number[] {
    const counts = noCounts();
    const now = performance.now();
    for (const { since, exchange } of this.#open.values()) {
      // A stream of events, a slow download and a slow upload do not wait for the app.
      if (exchange.response.headersSent || !exchange.request.complete) continue;
      const bucket = bucketOf(now - since);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    return counts;
  }

  #reset(): void {
    this.#requests = this.#serverErrors = this.#handlerErrors = this.#uncaught = 0;
    this.#latency = noCounts();
    this.#loop?.reset();
  }
}

/**
 * Whether it was the app that ended an unfinished response. A client that leaves ends its half of the
 * connection or resets it; what Node itself refuses (a timeout, a malformed body) has a code of its own.
 */
function isAbandoned({ socket }: Exchange): boolean {
  if (socket.readableEnded) return false;
  const { code = '' } = (socket.errored ?? {}) as NodeJS.ErrnoException;
  return !/^(ECONN|EPIPE|ETIMEDOUT|HPE_|ERR_HTTP_REQUEST_TIMEOUT|ERR_STREAM_PREMATURE_CLOSE)/.test(code);
}
