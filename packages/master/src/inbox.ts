/**
 * Reads what one worker sends. The app shares the worker's process and its channel, so anything may come: a message
 * that does not fit its row in core/src/protocol is dropped and counted, a handle that no message carries is closed,
 * nothing that a reader throws leaves this file, and a worker that floods the master is given up.
 * Created by WorkerHandle, one for each process.
 */
import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { describeThrown, isEnvelope, readToMaster, type ToMaster } from '@tshorn/core';
import { reportedFiles } from './watch/reported.ts';

export interface InboxEvents {
  /** Watch mode: the paths of files that the worker loads. Absent without it. */
  readonly onFiles?: ((files: readonly string[]) => void) | undefined;
  /** `connection` came with a `hand-over`: a raw handle, which the receiver owns. */
  onMessage(message: ToMaster, connection: unknown): void;
  /** A message was dropped; the text says what is wrong with it. */
  onMalformed(problem: string): void;
  /** The app has sent a message to its parent, and no listener of a hook reads such messages. */
  onUnread(message: unknown): void;
  /** True for a worker that is known to hang, to fail or to have ended: all its connections may come at once. */
  readonly isInTrouble?: (() => boolean) | undefined;
  /** The worker sends more than the master can read beside its work. Nothing of it is read any more. */
  onFlood(text: string): void;
}

/** Messages that are cheap to act on, or come often: two thousand connections a second may move. */
const CHEAP: ReadonlySet<string> = new Set<ToMaster['type']>([
  'hand-over',
  'state',
  'took',
  'declined',
  'answered',
  'resume-failed',
  'sample',
  'log',
]);
/** Every other message goes through the state machine or is a fact that a worker reports now and then. */
const COST = 20;
/** It may be 256 kB long, and comes every two seconds. */
const LONG: ReadonlySet<string> = new Set<ToMaster['type']>(['app-metrics']);
const COST_OF_LONG = 1_000;
/** Cost of one second: ten times what a worker needs that moves its connections as fast as it may. */
const MOST_PER_SECOND = 20_000;

/** The connections of a worker in trouble, with their states, come as fast as the master can read them. */
const MOST_IN_TROUBLE = 10 * MOST_PER_SECOND;

/** A worker has eight connections on their way: a larger gap in their numbers is forged. */
const LARGEST_GAP = 64;
/** All connections that a worker has may be rescued at once, and each is lost when the master has no descriptor free. */
const LARGEST_RESCUED_GAP = 8_192;

/** A raw handle of a TCP connection or a unix socket, as `hand-over` carries it. Node makes it in this process. */
const isConnection = (handle: unknown): boolean =>
  ['TCP', 'Pipe'].includes((handle as object | undefined)?.constructor?.name ?? '');

/** A handle that nobody owns keeps its descriptor for ever. */
function discard(handle: unknown): void {
  const owned = handle as { destroy?(): void; close?(): void } | null | undefined;
  if (owned?.destroy) owned.destroy();
  else owned?.close?.();
}

function costOf(message: ToMaster | undefined): number {
  if (!message || CHEAP.has(message.type)) return 1;
  return LONG.has(message.type) ? COST_OF_LONG : COST;
}

export class Inbox {
  readonly #events: InboxEvents;
  #lastOffer = 0;
  #second = 0;
  #spent = 0;
  #closed = false;

  constructor(events: InboxEvents) {
    this.#events = events;
  }

  /** Reads everything that comes over the channel of this process, Node's own messages included. */
  listen(child: ChildProcess): void {
    guardInternalMessages(child, (problem) => this.#malformed(problem));
    child.on('message', (value, handle) => this.receive(value, handle));
  }

  receive(value: unknown, handle?: unknown): void {
    if (this.#closed) return discard(handle);
    if (!isEnvelope(value)) {
      if (this.#hasFiles(value, handle)) return;
      // A message of the app to its parent: only a hook can listen for it.
      if (cluster.listenerCount('message') > 0) return;
      discard(handle);
      return this.#events.onUnread(value);
    }
    const { message, problem } = readToMaster(value);
    if (!this.#afford(costOf(message))) return discard(handle);
    const wrong = problem ?? this.#misplaced(message, handle);
    if (wrong !== undefined || !message) {
      discard(handle);
      return this.#malformed(wrong ?? '');
    }
    // A copy of the channel's other end comes with the `sent` of a rescue: it is closed here.
    if (message.type !== 'hand-over') discard(handle);
    try {
      this.#events.onMessage(message, message.type === 'hand-over' ? handle : undefined);
    } catch (error) {
      this.#malformed(`a "${message.type}" message that could not be acted on (${describeThrown(error)})`);
    }
  }

  /** True for a message of Node itself that watch mode reads. */
  #hasFiles(value: unknown, handle: unknown): boolean {
    const { onFiles } = this.#events;
    const files = onFiles && reportedFiles(value);
    if (!files) return false;
    discard(handle);
    if (!this.#afford(Math.max(1, files.length))) return true;
    try {
      onFiles(files);
    } catch (error) {
      this.#malformed(`names of files that could not be acted on (${describeThrown(error)})`);
    }
    return true;
  }

  /** The parts that no table can check: the handle, and numbers that follow one another. */
  #misplaced(message: ToMaster, handle: unknown): string | undefined {
    if (message.type === 'hand-over' && !isConnection(handle)) {
      return 'a "hand-over" message without a connection';
    }
    const offer = message.type === 'hand-over' ? message.id : message.type === 'sent' ? message.upTo : 0;
    const gap = offer - this.#lastOffer - 1;
    const isRescue = message.type === 'hand-over' ? message.rescued === true : handle !== undefined;
    // Each number that is missing is answered.
    if (gap >= (isRescue ? LARGEST_RESCUED_GAP : LARGEST_GAP) || (gap > 0 && !this.#afford(gap)))
      return `a malformed "${message.type}" message (number out of order)`;
    this.#lastOffer = Math.max(this.#lastOffer, offer);
    return undefined;
  }

  #malformed(problem: string): void {
    if (!this.#closed) this.#events.onMalformed(problem);
  }

  /** False when the worker has sent too much within this second. */
  #afford(cost: number): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#spent = 0;
    this.#second = second;
    this.#spent += cost;
    if (this.#spent <= MOST_PER_SECOND) return true;
    if (this.#spent <= MOST_IN_TROUBLE && this.#events.isInTrouble?.()) return true;
    this.#closed = true;
    this.#events.onFlood('sent more messages than the master can read beside its work');
    return false;
  }
}

/**
 * `process.send({ cmd: 'NODE_HANDLE_ACK' })` reaches Node's own listener in the parent, where an assertion fails,
 * and `NODE_CLUSTER` messages with wrong fields throw in node:cluster: lib/internal/child_process.js,
 * lib/internal/cluster/primary.js.
 */
function guardInternalMessages(child: ChildProcess, onThrow: (problem: string) => void): void {
  const { emit } = child;
  const guarded = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'internalMessage') return Reflect.apply(emit, child, [event, ...args]);
    try {
      return Reflect.apply(emit, child, [event, ...args]);
    } catch (error) {
      // A forged NODE_HANDLE takes the descriptor of the message behind it.
      discard(args[1]);
      onThrow(`a forged message of Node itself (${describeThrown(error)})`);
      return true;
    }
  };
  child.emit = guarded as typeof child.emit;
}
