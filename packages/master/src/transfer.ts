/** One connection on its way, and the parties of it: what the relay (relay.ts) knows of them. */
import { STATE_WITHIN_MS, TAKE_WITHIN_MS } from '@tshorn/core';

export interface Connection {
  close(): void;
}

/** A worker, or another master, as the relay needs it. */
export interface Peer {
  /** The peer always answers or exits: there is no time limit, since it may own the connection already. */
  readonly untimed?: true;
  /**
   * Offers a connection. Returns the number under which the peer will answer.
   * @param resumer name of what resumes the connection; its state follows
   * @param carry secrets and counters of its TLS
   */
  take(connection: Connection, resumer?: string, carry?: string): number;
  /** The state of what the peer has taken; undefined when nobody knows it any more. */
  state(id: number, text: string | undefined): void;
  /** Another worker has the connection that this peer offered under that number. */
  handedOver(offer: number): void;
  /** No worker can take it: the peer keeps the connection. @param reason `not-yet`: offered again, it may find a worker */
  keep(offer: number, reason: string): void;
}

export interface RelayOrders {
  peer(serial: number): Peer | undefined;
  /** The receiver has a connection with its state, and will report whether it could resume it. */
  arrived(receiver: number): void;
  /** The best receiver for a connection of this sender, without `except`. */
  receiverFor(sender: number, except: ReadonlySet<number>): number | undefined;
  /** True when a receiver may come soon, if there is none now. */
  receiverMayCome(sender: number): boolean;
  /** True while any worker will be there to take a connection that was rescued. */
  rescuedMayWait(): boolean;
  /** This many rescued connections may wait, each with a descriptor of the master. */
  readonly mostHeld: number;
}

export type Phase =
  /** A receiver was asked at that time, under that number. */
  | { readonly is: 'offered'; readonly to: number; readonly id: number; readonly at: number }
  /** The receiver waits for the state, from that time on. */
  | { readonly is: 'taken'; readonly by: number; readonly id: number; readonly at: number }
  /** Rescued, and no receiver has room for it now. */
  | { readonly is: 'held' }
  | { readonly is: 'over' };

export type Knowledge =
  /** The sender has not been asked for the state. */
  | { readonly is: 'with-sender' }
  | { readonly is: 'asked' }
  /** The sender tells it unasked, right behind the connection. */
  | { readonly is: 'follows' }
  /** Without a text nobody knows it any more. It stays known when the receiver dies before it could hear of it. */
  | { readonly is: 'known'; readonly text: string | undefined };

export interface Transfer {
  readonly connection: Connection;
  readonly sender: number;
  /** The sender's number for it. A sender that has read no answer may give it another one. */
  offer: number;
  /** Undefined for idle HTTP. */
  readonly resumer: string | undefined;
  /** Secrets of its TLS: kept no longer than the transfer. */
  carry: string | undefined;
  /** Nothing of it is left with the sender: the master may hold it, and gives nothing back. */
  rescued: boolean;
  readonly refusedBy: Set<number>;
  /** When a receiver declined it for the first time, on the clock of performance.now(). */
  declinedAt?: number;
  /** When it first had to wait for a receiver, on the same clock. */
  heldAt?: number;
  phase: Phase;
  state: Knowledge;
}

/** Twice the time that a worker has: one that wakes up late declines by itself, long before. */
const SILENT_AFTER_MS = 2 * TAKE_WITHIN_MS;
/** By then the receiver has given up a state that never came: its sender was killed in between, say. */
const STATELESS_AFTER_MS = 2 * STATE_WITHIN_MS;

/** @param now on the clock of performance.now() */
export const isUnanswered = ({ phase }: Transfer, now: number): boolean =>
  phase.is === 'offered' && now - phase.at >= SILENT_AFTER_MS;

/** Without this the master would keep its descriptor for as long as it runs. */
export const isStateless = ({ phase }: Transfer, now: number): boolean =>
  phase.is === 'taken' && now - phase.at >= STATELESS_AFTER_MS;

/** Facts of an offer. */
export interface Offer {
  /** Name of what resumes the connection; absent for idle HTTP. */
  readonly resumer?: string | undefined;
  /** Secrets and counters of its TLS. */
  readonly carry?: string | undefined;
  /** The sender is stuck or about to end. */
  readonly rescued?: boolean | undefined;
  /** The sender's earlier number for the same connection, to which it has read no answer. */
  readonly instead?: number | undefined;
  /** The sender has failed and finishes its requests: it can still be asked for a state, and keeps nothing. */
  readonly failing?: boolean | undefined;
}
