/**
 * Samples the worker's own traffic while the master watches it; the other end is master/src/canary/watch.ts. While no
 * watch is on, nothing is subscribed and no timer runs.
 */
import type http from 'node:http';
import { bucketOf, noCounts, SAMPLE_EVERY_MS, type Sample, URGENT_BAD } from '@tshorn/core';
import { waitsForApp } from './in-flight.ts';
import type { Meter } from './meter.ts';
import { isTraffic } from './transport/own-answer.ts';
import type { Exchange } from './transport/transport.ts';

export class Sampler {
  readonly #meter: Meter;
  readonly #send: (sample: Sample) => void;
  /** Responses that began during the watch and have not ended. */
  readonly #open = new Set<http.ServerResponse>();
  #stop: (() => void) | undefined;
  /** Since the last sample, as all that follow. */
  #finished = 0;
  #serverErrors = 0;
  #latency = noCounts();
  #handlerErrors = 0;
  #uncaught = 0;

  constructor(meter: Meter, send: (sample: Sample) => void) {
    this.#meter = meter;
    this.#send = send;
  }

  start(): void {
    if (this.#stop) return;
    this.#reset();
    const unlisten = this.#meter.listen({ begun: this.#begun, finished: this.#ended });
    // Unlike 'uncaughtException' it changes nothing: an app that would have ended still ends
    // (https://nodejs.org/api/process.html#event-uncaughtexceptionmonitor).
    process.on('uncaughtExceptionMonitor', this.#threw);
    const timer = setInterval(() => this.report(), SAMPLE_EVERY_MS).unref();
    this.#stop = () => {
      clearInterval(timer);
      unlisten();
      process.off('uncaughtExceptionMonitor', this.#threw);
      // The 'close' listeners of open responses find nothing.
      this.#open.clear();
    };
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  readonly #begun = ({ response, request, socket }: Exchange): void => {
    if (!isTraffic({ response, socket })) return;
    this.#open.add(response);
    response.once('close', () => this.#closed({ response, request, socket }));
  };

  readonly #ended = ({ response, socket }: Exchange, tookMs: number): void => {
    this.#open.delete(response);
    if (!isTraffic({ response, socket })) return;
    this.#finished++;
    const bucket = bucketOf(tookMs);
    this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
    if (response.statusCode < 500) return;
    this.#serverErrors++;
    this.#reportIfUrgent();
  };

  /** 'close' comes after the end of a response, too; then the response is not open any more. */
  #closed(exchange: Exchange): void {
    if (!this.#open.delete(exchange.response) || !isTraffic(exchange) || !isAbandoned(exchange)) return;
    this.#handlerErrors++;
    this.#reportIfUrgent();
  }

  readonly #threw = (): void => {
    this.#uncaught++;
    this.#reportIfUrgent();
  };

  #reportIfUrgent(): void {
    const bad = this.#serverErrors + this.#handlerErrors + this.#uncaught;
    if (bad >= URGENT_BAD) this.report();
  }

  /** Sends a sample now. */
  report(): void {
    this.#send({
      requests: this.#finished + this.#handlerErrors,
      serverErrors: this.#serverErrors,
      handlerErrors: this.#handlerErrors,
      uncaught: this.#uncaught,
      latency: this.#latency,
      waiting: this.#waiting(),
    });
    this.#reset();
  }

  /** Requests that came before the watch are not compared: another release may have made them wait. */
  #waiting(): number[] {
    const counts = noCounts();
    const now = performance.now();
    for (const { response, begunAt } of this.#meter.open()) {
      if (!this.#open.has(response) || !waitsForApp(response)) continue;
      const bucket = bucketOf(now - begunAt);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    return counts;
  }

  #reset(): void {
    this.#finished = this.#serverErrors = this.#handlerErrors = this.#uncaught = 0;
    this.#latency = noCounts();
  }
}

/**
 * True when the app ended an unfinished response. A client that leaves ends its half of the connection or
 * resets it; a request that Node itself refuses (a timeout, a malformed body) has a code of its own.
 */
function isAbandoned({ socket }: Exchange): boolean {
  if (socket.readableEnded) return false;
  const { code = '' } = (socket.errored ?? {}) as NodeJS.ErrnoException;
  return !/^(ECONN|EPIPE|ETIMEDOUT|HPE_|ERR_HTTP_REQUEST_TIMEOUT|ERR_STREAM_PREMATURE_CLOSE)/.test(code);
}
