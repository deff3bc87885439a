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
import type { HandoffSender } from '../handoff-sender.ts';
import type { RawHandle, Transport } from '../transport/transport.ts';
import type { DirectChannel } from './direct-channel.ts';

/** What was done. Expressed in JSON for the debugger. */
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

export interface HandOutParts {
  readonly transport: Transport;
  readonly sender: HandoffSender;
  /** Numbers the offers. */
  readonly offers: SequenceSender;
  /** Undefined where this Node is not known. */
  readonly direct: DirectChannel | undefined;
}

export class HandOut {
  readonly #parts: HandOutParts;

  constructor(parts: HandOutParts) {
    this.#parts = parts;
  }

  /** Hands out all that is at rest. */
  all(): HandedOut {
    const { transport, sender, direct } = this.#parts;
    const turn = transport.interrupted();
    const resting = sender.resting(turn);
    if (!direct) return { sent: 0, left: resting.length, stuck: UNKNOWN_NODE };
    let sent = 0;
    for (const candidate of resting) {
      const outcome = sender.rescue(candidate, (handle, resumer) => this.#offer(handle, resumer));
      if (outcome === 'unsent') return { sent, left: resting.length - sent, stuck: CHANNEL_FULL };
      if (outcome === 'sent') sent++;
    }
    // An offer that has not come by then was lost for want of a descriptor.
    const last = { type: 'sent', upTo: this.#parts.offers.last } as const satisfies ToMaster;
    if (sent > 0) direct.sendLast(envelope(last));
    return { sent, left: resting.length - sent };
  }

  /** Returns the number of the offer; undefined when the channel does not take it. */
  #offer(handle: RawHandle, resumer: string | undefined): number | undefined {
    const id = this.#parts.offers.nextNow();
    const offer = {
      type: 'hand-over',
      id,
      ...(resumer !== undefined && { resumer }),
      rescued: true,
    } as const;
    return this.#send(offer, handle) ? id : undefined;
  }

  #send(message: ToMaster, handle?: RawHandle): boolean {
    return this.#parts.direct?.send(envelope(message), handle) ?? false;
  }
}
