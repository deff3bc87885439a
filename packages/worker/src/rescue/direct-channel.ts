/**
 * The one place that writes to the channel past Node's queue: descriptors leave at once, also while a debugger has this
 * process paused, and in its last turn. Node queues a second descriptor until the other side has acknowledged the first
 * (`_handleQueue`, lib/internal/child_process.js), which needs an event loop that turns; libuv queues what does not fit
 * into the kernel's buffer, for the same loop.
 *
 * `process._send`, `process._handleQueue` and the pipe under `Symbol(kChannelHandle)` are the same in Node 20, 22, 24
 * and 26, and documented in none. Where they are missing, nothing leaves this way.
 *
 * While it writes, the descriptor of the pipe blocks, so that nothing stays in libuv's queue. The master always reads:
 * it never waits for a worker.
 */
import { isEnvelope } from '@tshorn/core';
import type { Shield } from '../shield.ts';
import type { RawHandle } from '../transport/transport.ts';

interface Queued {
  readonly message: object;
  readonly handle: unknown;
  readonly options: unknown;
  readonly callback: unknown;
}

/** The parts of `process` that this file uses. */
export interface Sending {
  readonly connected: boolean;
  _send(message: object, handle: unknown, options: unknown, callback?: unknown): boolean;
  /** A list while the other side owes the acknowledgement of a descriptor. */
  _handleQueue: Queued[] | null;
}

interface Pipe {
  setBlocking(on: boolean): number;
  /** Bytes in libuv's queue. */
  readonly writeQueueSize: number;
}

const ANSWERS = new Set<unknown>(['NODE_HANDLE_ACK', 'NODE_HANDLE_NACK']);

/** The pipe of the channel, where this Node is as this file expects. */
function pipeOf(sending: Sending): Pipe | undefined {
  const symbol = Object.getOwnPropertySymbols(sending).find(
    ({ description }) => description === 'kChannelHandle',
  );
  const pipe = symbol && (sending as unknown as Record<symbol, Partial<Pipe> | null>)[symbol];
  const isKnown =
    typeof pipe?.setBlocking === 'function' &&
    typeof pipe.writeQueueSize === 'number' &&
    typeof sending._send === 'function' &&
    '_handleQueue' in sending;
  return isKnown ? (pipe as Pipe) : undefined;
}

/** Acknowledgements that the other side owes: one for Node's own descriptor, or so many for ours. */
type Owed = { readonly to: 'node' } | { readonly to: 'us'; count: number };

export class DirectChannel {
  readonly #sending: Sending;
  readonly #pipe: Pipe;
  /** In the order of the descriptors. */
  readonly #owed: Owed[] = [];

  private constructor(sending: Sending, pipe: Pipe, shield: Pick<Shield, 'withhold'>) {
    this.#sending = sending;
    this.#pipe = pipe;
    // Node takes an acknowledgement that it does not expect for a mistake of its own (an assertion).
    shield.withhold((event, [message]) => event === 'internalMessage' && this.#isOurs(message));
  }

  /** Undefined where this Node is not known. */
  static open(
    shield: Pick<Shield, 'withhold'>,
    sending = process as unknown as Sending,
  ): DirectChannel | undefined {
    const pipe = pipeOf(sending);
    return pipe && new DirectChannel(sending, pipe, shield);
  }

  /**
   * Writes a message, and whatever tshorn has in Node's queue before it. When it returns true, the message is in the
   * kernel; the worker's descriptor stays open.
   */
  send(message: object, handle?: RawHandle): boolean {
    // Bytes that libuv has could be half of a message.
    const sending = this.#sending;
    if (!sending.connected || this.#pipe.writeQueueSize > 0) return false;
    const queue = sending._handleQueue;
    if (queue && this.#owed.every(({ to }) => to !== 'node')) this.#owed.push({ to: 'node' });
    if (this.#pipe.setBlocking(true) !== 0) return false;
    try {
      for (const { message, handle, callback } of queue?.filter(isOurs) ?? []) {
        this.#write(message, handle, callback);
      }
      return this.#write(message, handle);
    } finally {
      this.#pipe.setBlocking(false);
      // Messages of the app wait as before.
      sending._handleQueue = queue === null ? null : queue.filter((queued) => !isOurs(queued));
    }
  }

  /**
   * Writes a message with a copy of this end of the channel, which the other side closes when it has read that far. While
   * a copy is on its way the channel is open, even if this process is killed. Otherwise libuv would report the end of the
   * channel after the next descriptor, and lose those behind it: it takes a short read for the last one as soon as the
   * other end is closed (UV_HANDLE_READ_PARTIAL, src/unix/stream.c), and each descriptor ends a read.
   */
  sendLast(message: object): boolean {
    return this.send(message, this.#pipe as unknown as RawHandle);
  }

  #write(message: object, handle: unknown, callback?: unknown): boolean {
    const sending = this.#sending;
    sending._handleQueue = null;
    sending._send(message, handle, { keepOpen: true, swallowErrors: true }, callback);
    if (!handle) return this.#pipe.writeQueueSize === 0;
    // Node notes a descriptor that it has written.
    if (!Array.isArray(sending._handleQueue)) return false;
    const last = this.#owed.at(-1);
    if (last?.to === 'us') last.count++;
    else this.#owed.push({ to: 'us', count: 1 });
    return this.#pipe.writeQueueSize === 0;
  }

  /** True for an acknowledgement of a descriptor that was sent here. */
  #isOurs(message: unknown): boolean {
    if (!ANSWERS.has((message as { cmd?: unknown } | undefined)?.cmd)) return false;
    const [next] = this.#owed;
    if (!next) return false;
    if (next.to === 'node' || --next.count === 0) this.#owed.shift();
    return next.to === 'us';
  }
}

const isOurs = ({ message }: Queued): boolean => isEnvelope(message);
