/** Warns of a late event loop and of requests that wait, before they are a hang. At a bounded rate. */
import {
  describeRequest,
  describeWorker,
  formatMs,
  nameOf,
  type OpenRequest,
  readOpenRequests,
  type WorkerIdentity,
} from '@tshorn/core';
import type { Logger } from '../log.ts';
import { Rate } from './rate.ts';

/** An event loop that is late again and again is logged once in this time. */
const LATE_EVERY_MS = 30_000;
const WAITING_PER_MINUTE = 10;
const MINUTE_MS = 60_000;
const MOST_REQUESTS = 5;

export class Warnings {
  readonly #log: Logger;
  readonly #lastLate = new Map<number, number>();
  readonly #waiting = new Rate(WAITING_PER_MINUTE, MINUTE_MS);
  #summary: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  late(serial: number, worker: WorkerIdentity, loopDelayMs: number, sent: unknown): void {
    const now = performance.now();
    if (now - (this.#lastLate.get(serial) ?? Number.NEGATIVE_INFINITY) < LATE_EVERY_MS) return;
    this.#lastLate.set(serial, now);
    const requests = readOpenRequests(sent).slice(0, MOST_REQUESTS);
    const around = requests.length > 0 ? `: ${requests.map(describeRequest).join(', ')}` : '';
    this.#log.warn(
      { event: 'loop-delay', ...fieldsOf(worker), loopDelayMs: Math.round(loopDelayMs), requests },
      `${describeWorker(worker)} event loop was late by ${formatMs(loopDelayMs)} (--loop-delay-warning)${around}`,
    );
  }

  waiting(worker: WorkerIdentity, sent: unknown, more: number): void {
    for (const request of readOpenRequests(sent)) this.#warn(worker, request);
    this.#waiting.skip(more);
    // Without a further request no line would say how many there were.
    if (this.#waiting.skipped > 0) this.#summary ??= setTimeout(() => this.#summarise(), MINUTE_MS).unref();
  }

  #warn(worker: WorkerIdentity, request: OpenRequest): void {
    if (!this.#waiting.take(performance.now())) return;
    const { method, path, id, ageMs } = request;
    this.#log.warn(
      { event: 'slow-request', ...fieldsOf(worker), method, path, ageMs, ...(id !== undefined && { id }) },
      `${describeWorker(worker)} ${nameOf(request)} has waited for its response headers for ${formatMs(ageMs)} (--request-timeout); it goes on`,
    );
  }

  #summarise(): void {
    this.#summary = undefined;
    const count = this.#waiting.takeSkipped();
    this.#log.warn(
      { event: 'slow-requests', count },
      `${count} more requests have waited for their response headers for longer than --request-timeout in the last minute`,
    );
  }

  forget(serial: number): void {
    this.#lastLate.delete(serial);
  }
}

export const fieldsOf = ({ slot, generation, pid }: WorkerIdentity) => ({
  worker: slot,
  gen: generation,
  pid,
});
