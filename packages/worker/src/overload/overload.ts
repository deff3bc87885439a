/**
 * Overload control of a worker: loaded with `--overload shed` alone. Stands in front of the app's request listeners, on HTTP/1,
 * TLS and HTTP/2 alike. docs/overload.md says what it does, and by which sources.
 *
 * A request goes straight to the app while the loop is not late and the app has room. Otherwise it is queued, and the queue is
 * served in turns of a few milliseconds, between which the loop reads: so all that has come is known, with its age, the oldest
 * and those whose clients have left are dropped, and no other turn is long.
 */
import { AsyncResource } from 'node:async_hooks';
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { WorkerOptions } from '@tshorn/config';
import type { ShedReason } from '@tshorn/core';
import { Proxies, peerOf } from '../access-log/client.ts';
import { asksFor } from '../access-log/target.ts';
import { isInProcess } from '../transport/in-process.ts';
import { within } from '../transport/stream-scope.ts';
import type { Transport } from '../transport/transport.ts';
import { refuse } from './answer.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import { BURST, DelayQueue, type Waiting } from './delay-queue.ts';
import { Expectations } from './expectations.ts';
import { hasBody } from './has-body.ts';
import { InFlight, type Running } from './in-flight.ts';
import { LoopClock } from './loop-clock.ts';
import { ageByHeader } from './request-start.ts';
import { ShedCounts } from './shed-counts.ts';

export type OverloadOptions = Pick<
  WorkerOptions,
  'queueLimit' | 'overloadExempt' | 'statusPath' | 'trustedProxies'
>;

/** The loop reads again after so much work for requests, or so many of them. */
const TURN_MS = 5;
const MOST_IN_TURN = 64;
/**
 * Before a turn the loop reads until nothing has come twice in a row: it accepts one connection each time (uv__server_io), and
 * another worker may have been quicker. It reads for no longer than for this, or this part of the last turn: under a flood, and
 * where others have the CPU, there is always more.
 */
const QUIET_READS = 2;
const LEAST_READ_MS = 2;
const READ_PART = 0.5;
/** While requests wait for others to end, somebody looks at how old they are. */
const LOOK_MS = 25;

/** A request in the queue. */
class Queued implements Waiting {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly arrivedAt: number;
  readonly reason: ShedReason;
  /** The app sees the asynchronous context in which the request came. */
  readonly scope = new AsyncResource('TSHORNQUEUED');

  constructor(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    arrivedAt: number,
    reason: ShedReason,
  ) {
    this.request = request;
    this.response = response;
    this.arrivedAt = arrivedAt;
    this.reason = reason;
  }

  isGone(): boolean {
    const { socket } = this.request;
    return this.response.destroyed || !socket || socket.destroyed || socket.writableEnded;
  }
}

export class Overload {
  readonly #server: http.Server;
  readonly #exempt: readonly string[];
  readonly #longestMs: number;
  readonly #proxies: Proxies;
  readonly #readsProxies: boolean;
  readonly #trusted = new WeakMap<Socket, boolean>();
  readonly #queue: DelayQueue<Queued>;
  readonly #limit: ConcurrencyLimit;
  readonly #clock: LoopClock;
  readonly #say: (line: string) => void;
  readonly #inFlight = new InFlight();
  readonly #expectations: Expectations;
  readonly counts = new ShedCounts();
  /** Is being given to the app. */
  #passing: http.ServerResponse | undefined;
  #isTurning = false;
  #readsUntil = 0;
  #turnFrom = 0;
  #served = 0;
  #lastTurnMs = 0;
  #quietReads = 0;
  /** The loop has read a request, or accepted a connection. */
  #hasRead = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(transport: Transport, options: OverloadOptions, say: (line: string) => void) {
    const { queueLimit, overloadExempt, statusPath, trustedProxies } = options;
    this.#server = transport.server as http.Server;
    this.#exempt = [...overloadExempt, ...(statusPath === '' ? [] : [statusPath.split('?', 1)[0] as string])];
    this.#longestMs = queueLimit * BURST;
    this.#proxies = new Proxies(trustedProxies);
    this.#readsProxies = trustedProxies.length > 0;
    this.#queue = new DelayQueue(queueLimit, (item, isGone) => this.#drop(item, isGone));
    this.#limit = new ConcurrencyLimit(queueLimit / 2);
    this.#clock = new LoopClock(queueLimit);
    this.#say = say;
    this.#server.on('connection', () => this.#hasReadMore());
    const intercept = (request: http.IncomingMessage, response: http.ServerResponse) =>
      this.#intercept(request, response);
    this.#expectations = new Expectations(this.#server, intercept);
    transport.intercept(intercept);
  }

  #intercept(request: http.IncomingMessage, response: http.ServerResponse): boolean {
    if (this.#passing === response || isInProcess(request.socket)) return false;
    if (asksFor(this.#exempt, request.url ?? '')) return false;
    const now = performance.now();
    const isFull = this.#inFlight.size >= this.#limit.limit;
    const isLate = this.#queue.length > 0 || this.#clock.isBusy;
    const proxyMs = this.#readsProxies ? this.#ageByProxy(request) : 0;
    // An age by another machine's clock is believed where there is a reason for it here as well.
    if (proxyMs > this.#longestMs && (isFull || isLate)) this.#shed(response, 'proxy', proxyMs, now);
    else if (isFull || isLate) this.#enqueue(request, response, { isFull, proxyMs, now });
    else this.#run(request, response, now);
    return true;
  }

  /** Strangers may write what they like. */
  #ageByProxy({ socket, headers }: http.IncomingMessage): number {
    const header = headers['x-request-start'];
    if (header === undefined) return 0;
    let isTrusted = this.#trusted.get(socket);
    if (isTrusted === undefined) {
      isTrusted = this.#proxies.trusts(peerOf(socket));
      this.#trusted.set(socket, isTrusted);
    }
    return isTrusted ? ageByHeader(header, Date.now()) : 0;
  }

  #enqueue(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    { isFull, proxyMs, now }: { readonly isFull: boolean; readonly proxyMs: number; readonly now: number },
  ): void {
    const waitedMs = Math.max(proxyMs, this.#clock.waitedMs);
    // Others may wait for the limit before it.
    const isLimited = isFull || (this.#limit.limit !== Number.POSITIVE_INFINITY && !this.#clock.isBusy);
    const reason = proxyMs > 0 && proxyMs === waitedMs ? 'proxy' : isLimited ? 'limit' : 'loop';
    if (isFull) this.#limit.keptWaiting(now);
    this.#hasReadMore();
    this.#queue.push(new Queued(request, response, now - waitedMs, reason), now);
    this.#turnSoon();
  }

  #hasReadMore(): void {
    this.#hasRead = true;
    this.#clock.read();
  }

  /** Gives a request to the app. */
  #run(request: http.IncomingMessage, response: http.ServerResponse, from: number): void {
    if (hasBody(request)) this.#countFromBody(request, response);
    else this.#count(response, from);
    this.#expectations.met(response);
    this.#passing = response;
    try {
      this.#server.emit('request', request, response);
    } finally {
      this.#passing = undefined;
      this.#clock.worked(from, performance.now());
    }
  }

  /** The client may take as long as it likes to send a body: that is no time of the app. */
  #countFromBody(request: http.IncomingMessage, response: http.ServerResponse): void {
    let isOver = false;
    response.once('close', () => {
      isOver = true;
    });
    request.once('end', () => {
      if (!response.headersSent && !isOver) this.#count(response, performance.now());
    });
  }

  #count(response: http.ServerResponse, from: number): void {
    const one = this.#inFlight.add(response, from);
    response.on('close', () => this.#ended(one));
  }

  #ended(one: Running): void {
    const inFlight = this.#inFlight.size;
    if (!this.#inFlight.remove(one)) return;
    this.#clock.ended();
    const now = performance.now();
    const how = one.response.writableFinished ? 'ended' : 'left';
    if (this.#limit[how](now - one.from, inFlight, now)) this.#inFlight.forgetStreams();
    if (this.#queue.length > 0) this.#turnSoon();
  }

  #turnSoon(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#readsUntil = performance.now() + Math.max(LEAST_READ_MS, this.#lastTurnMs * READ_PART);
    this.#quietReads = 0;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    // Whoever waits in the kernel is to be known before the app goes on.
    this.#quietReads = this.#hasRead ? 0 : this.#quietReads + 1;
    this.#hasRead = false;
    const now = performance.now();
    const hasReadAll = this.#quietReads >= QUIET_READS;
    if (!hasReadAll && now < this.#readsUntil) {
      setImmediate(this.#turn);
      return;
    }
    if (hasReadAll) this.#clock.readAll(now);
    this.#turnFrom = now;
    this.#served = 0;
    // Node runs process.nextTick and promises between two immediates (processImmediate in lib/internal/timers.js), so the next one knows
    // how long the app has worked, also behind its listeners. And where the app has thrown, the others still come.
    for (let left = Math.min(this.#queue.length, MOST_IN_TURN); left > 0; left--) setImmediate(this.#serve);
    setImmediate(this.#endTurn);
  };

  readonly #serve = (): void => {
    const now = performance.now();
    if (this.#inFlight.size >= this.#limit.limit) return;
    if (this.#served > 0 && now - this.#turnFrom >= TURN_MS) return;
    const item = this.#queue.take(now);
    if (!item) return;
    this.#served++;
    const { request, response, scope } = item;
    scope.runInAsyncScope(() => within(request.socket, () => this.#run(request, response, now)));
  };

  readonly #endTurn = (): void => {
    const now = performance.now();
    this.#isTurning = false;
    this.#queue.dropOverdue(now);
    this.#lastTurnMs = now - this.#turnFrom;
    this.#clock.turned(this.#lastTurnMs);
    this.#again();
  };

  #again(): void {
    if (this.#queue.length === 0) return;
    if (this.#inFlight.size < this.#limit.limit) return this.#turnSoon();
    this.#limit.keptWaiting(performance.now());
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      this.#inFlight.forgetStreams();
      this.#turnSoon();
    }, LOOK_MS);
  }

  #drop({ response, arrivedAt, reason }: Queued, isGone: boolean): void {
    const now = performance.now();
    this.#shed(response, isGone ? 'client-gone' : reason, now - arrivedAt, now);
  }

  #shed(response: http.ServerResponse, reason: ShedReason, waitedMs: number, now: number): void {
    const state = { waiting: this.#queue.length, inFlight: this.#inFlight.size, limit: this.#limit.limit };
    const line = this.counts.add(reason, waitedMs, now, state);
    if (line) this.#begins(line);
    if (reason === 'client-gone') return;
    this.#expectations.refused(response);
    refuse(response, reason);
  }

  #begins(line: string): void {
    this.#say(line);
    const timer = setInterval(() => {
      const end = this.counts.look(performance.now());
      if (end) this.#say(end);
      if (!this.counts.isShedding) clearInterval(timer);
    }, 1_000).unref();
  }
}
