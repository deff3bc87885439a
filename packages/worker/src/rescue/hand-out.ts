/**
 * Hands out connections in one synchronous step: when it returns, the master has their descriptors, or the kernel has
 * them for it. For a process whose event loop does not turn any more: the master calls it through the debugger in a
 * worker that hangs (master/src/hang), and a worker that exits calls it in its last turn. No promise settles, no timer
 * fires and no message arrives meanwhile, and the state of interrupted code is not relied on.
 *
 * The connections are offered as in every handoff (../handoff-sender.ts), and the master keeps each until a worker has
 * taken it. Should this worker go on, it lets go of them when the master says so.
 */
import { envelope, type SequenceSender, type ToMaster } from '@tshorn/core';
import type { HandoffSender, Picked } from '../handoff-sender.ts';
import type { InterruptedTurn, RawHandle, Transport } from '../transport/transport.ts';
import type { DirectChannel } from './direct-channel.ts';

/** The outcome. Expressed in JSON for the debugger. */
export interface HandedOut {
  /** Connections that have left. */
  readonly sent: number;
  /** Connections at rest that have not. */
  readonly left: number;
  /** Why no more have left. */
  readonly stuck?: string;
}

const UNKNOWN_NODE = `Node ${process.version} is not known to this version of tshorn`;
const CHANNEL_FULL = 'the channel to the master is full or closed';

/**
 * Characters. Node assumes that one read of its channel never brings the end of one descriptor's message and the next
 * descriptor (pendingHandle, lib/internal/child_process.js), which holds for 65,536 bytes at a time. Longer states follow
 * behind the last descriptor.
 */
const LARGE = 16 * 1024;

/** Connections. Each is two messages at most, of the 20,000 in a second that the master reads (master/src/inbox.ts). */
const PACE = 8_000;
const PACE_MS = 1_000;

/** Stops the whole process: it is in its last turn. */
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

export interface HandOutParts {
  readonly transport: Transport;
  readonly sender: HandoffSender;
  /** Numbers the offers. */
  readonly offers: SequenceSender;
  /** Undefined where this Node is not known. */
  readonly direct: Pick<DirectChannel, 'send' | 'sendLast'> | undefined;
}

export class HandOut {
  readonly #parts: HandOutParts;

  constructor(parts: HandOutParts) {
    this.#parts = parts;
  }

  /**
   * Hands out all that is at rest.
   * @param paced the master does not know of it, and reads so many messages in a second before it takes them for a flood
   */
  all(paced = false): HandedOut {
    const turn = this.#parts.transport.interrupted();
    try {
      return this.#leaveIn(turn, paced);
    } finally {
      turn.end();
    }
  }

  #leaveIn(turn: InterruptedTurn, paced: boolean): HandedOut {
    const { sender, direct } = this.#parts;
    const resting = sender.resting(turn);
    if (!direct) return { sent: 0, left: resting.length, stuck: UNKNOWN_NODE };
    const large: Picked[] = [];
    let sent = 0;
    let left = resting.length;
    const post = (...all: Picked[]): boolean => {
      const ids = all.map((picked) => this.#offer(picked));
      all.forEach(({ state, instead }, at) => {
        const id = ids[at];
        if (id === undefined) return;
        sent++;
        if (instead === undefined) left--;
        if (state !== undefined) this.#send({ type: 'state', id, text: state });
      });
      return !ids.includes(undefined);
    };
    const leave = (picked: Picked): boolean => {
      if (paced && sent > 0 && sent % PACE === 0) pause(PACE_MS);
      if ((picked.state?.length ?? 0) <= LARGE) return post(picked);
      large.push(picked);
      return true;
    };
    // Some of those that were offered before may still be in Node's queue, which nobody empties any more: they leave first.
    const isThrough =
      [...sender.again(turn)].every(leave) &&
      resting.every((candidate) => {
        const picked = sender.pick(candidate);
        return !picked || leave(picked);
      });
    const areThrough = post(...large);
    // An offer that has not come by then was lost for want of a descriptor.
    const last = { type: 'sent', upTo: this.#parts.offers.last } as const satisfies ToMaster;
    if (sent > 0) direct.sendLast(envelope(last));
    const counts = { sent, left };
    return isThrough && areThrough ? counts : { ...counts, stuck: CHANNEL_FULL };
  }

  /** Returns the number of the offer; undefined when the channel does not take it, and the connection stays. */
  #offer(picked: Picked): number | undefined {
    const { sender, offers } = this.#parts;
    const { detached, migratable, instead } = picked;
    const id = offers.nextNow();
    const { handle, carry } = detached;
    const told = {
      ...(migratable && { resumer: migratable.resumer }),
      ...(carry !== undefined && { carry }),
      ...(instead !== undefined && { instead }),
    };
    if (this.#send({ type: 'hand-over', id, ...told, rescued: true }, handle)) {
      sender.hasLeft(id, picked);
      return id;
    }
    if (instead === undefined) detached.attach();
    return undefined;
  }

  #send(message: ToMaster, handle?: RawHandle): boolean {
    return this.#parts.direct?.send(envelope(message), handle) ?? false;
  }
}
