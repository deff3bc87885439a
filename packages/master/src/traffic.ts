/**
 * Everything in the master about connections that change hands: the relay, the balance, the migrations, and what the
 * status and the log say of them. It sees descriptors only, never their data. Created by the Attendants.
 */
import type { DrainReport } from '@tshorn/core';
import { Balance, type Move } from './balance.ts';
import type { MigrationCounts } from './decide/model.ts';
import type { Logger } from './log.ts';
import { Migrations } from './migrations.ts';
import { mostHeld } from './os/open-files.ts';
import { Relay } from './relay.ts';
import type { Peer } from './transfer.ts';
import type { View } from './view.ts';

/** Reasons why connections of a worker's server cannot move. */
const IMMOVABLE: Record<string, { level: 'info' | 'warn'; text: string }> = {
  tls: {
    level: 'info',
    text: 'the server speaks TLS, whose keys stay in their process with --tls-handoff no',
  },
  http2: {
    level: 'info',
    text: "the app's server speaks HTTP/2, whose sessions drain without refusing a request",
  },
  'connection-listener': {
    level: 'info',
    text: "the app has replaced Node's own 'connection' listener (as a wrapper for the PROXY protocol does), which a connection that moved would meet without its first bytes; --proxy-protocol needs no wrapper",
  },
  'unknown-node': { level: 'warn', text: `Node ${process.version} is not known to this version of tshorn` },
};

const APP_TLS =
  "the app's server speaks TLS: an address that the log calls http:// speaks https, with the app's own certificate; an https:// address shows the one of --certfile";

/** Sums since the master's start. */
export interface TrafficStatus {
  /** `on`, `off` (`--no-handoff`), or why connections cannot move: `tls`, `http2`, `connection-listener`, `unknown-node`. */
  readonly handoff: string;
  /** Connections that have moved from one worker to another. */
  readonly moved: number;
  /** Connections of drained workers that could not move, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Idle connections that draining workers closed after their linger. */
  readonly closed: number;
  /** Connections force-closed at a drain's deadline. */
  readonly forceClosed: number;
}

/** A worker, or the other master of a re-exec, as one that gives or takes connections. */
export type Party = Peer & {
  give(count: number, encrypted: boolean): void;
  readonly pid: number | undefined;
};

interface TrafficOrders {
  readonly log: Logger;
  readonly view: View;
  party(serial: number): Party | undefined;
  /** The counts of a worker of an uncommitted release have changed. */
  migrated(serial: number, counts: MigrationCounts): void;
}

export class Traffic {
  readonly #orders: TrafficOrders;
  readonly relay: Relay;
  readonly balance: Balance;
  readonly migrations: Migrations;
  /** By serial of the workers in service: why they can take no connections, or empty. */
  readonly #immovable = new Map<number, string>();
  readonly #logged = new Set<string>();
  /** The app's server speaks TLS by itself: so do the addresses on which tshorn does not. */
  speaksTls = false;
  readonly #refused: Record<string, number> = {};
  /** By serial: connections that were taken out of a worker that hangs or has ended. */
  readonly #rescued = new Map<number, number>();
  #closed = 0;
  #forceClosed = 0;

  constructor(orders: TrafficOrders) {
    this.#orders = orders;
    const { log, view, party, migrated } = orders;
    this.migrations = new Migrations({ log, view, changed: migrated });
    this.relay = new Relay({
      peer: party,
      arrived: (serial) => this.migrations.arrived(serial),
      receiverFor: (from, except) => this.#receiverFor(from, except),
      receiverMayCome: (from) => view.takerMayCome(from),
      rescuedMayWait: () => view.takesRescued,
      mostHeld: mostHeld(),
    });
    this.balance = new Balance({
      view,
      isMovable: (serial) => this.#immovable.get(serial) === '',
      give: (move, again) => this.#give(move, again),
    });
  }

  status(): TrafficStatus {
    const why = [...this.#immovable.values()].find((reason) => reason !== '');
    const { failures } = this.migrations;
    return {
      handoff: this.#orders.view.handoff ? (why ?? 'on') : 'off',
      moved: this.relay.moved,
      refused: { ...this.#refused, ...(failures > 0 && { 'resume-failed': failures }) },
      closed: this.#closed,
      forceClosed: this.#forceClosed,
    };
  }

  /** The worker is in service. @param immovable why connections cannot move to it; empty when they can */
  opened(serial: number, immovable: string, tls = false): void {
    if (tls && !this.speaksTls) this.#orders.log.info({ event: 'app-tls' }, APP_TLS);
    this.speaksTls = tls;
    this.#immovable.set(serial, immovable);
    const known = IMMOVABLE[immovable];
    if (known && this.#orders.view.handoff && !this.#logged.has(immovable)) {
      const text = `handoff is off: ${known.text}; a draining worker closes its idle connections after --idle-linger`;
      this.#orders.log[known.level]({ event: 'no-handoff', reason: immovable }, text);
      this.#logged.add(immovable);
    }
    this.balance.consider();
    this.relay.offerHeld();
  }

  drained(serial: number, { refused, closed, forceClosed }: DrainReport): void {
    // Parked or about to end: no connection is left.
    this.balance.gone(serial);
    for (const [reason, count] of Object.entries(refused)) {
      this.#refused[reason] = (this.#refused[reason] ?? 0) + count;
    }
    this.#closed += closed;
    this.#forceClosed += forceClosed;
  }

  /** A worker that hangs, or is about to end, gives a connection away. */
  rescued(serial: number): void {
    const { view, party } = this.#orders;
    // The last ones may arrive when the worker is forgotten.
    if (view.takesRescued && party(serial)) this.#rescued.set(serial, this.rescuedOf(serial) + 1);
  }

  rescuedOf(serial: number): number {
    return this.#rescued.get(serial) ?? 0;
  }

  /** To be called when the state knows of the end: the worker is no receiver any more. */
  gone({ serial }: { readonly serial: number }): void {
    this.#immovable.delete(serial);
    this.#rescued.delete(serial);
    this.migrations.gone(serial);
    this.balance.gone(serial);
    this.relay.gone(serial);
  }

  #receiverFor(from: number, except: ReadonlySet<number>): number | undefined {
    if (!this.#orders.view.handoff) return undefined;
    const unfit = new Set(except);
    for (const [serial, reason] of this.#immovable) if (reason) unfit.add(serial);
    // The state may learn later that a worker is gone.
    const receivers = this.#orders.view
      .receiversFor(from, unfit)
      .filter((serial) => this.#orders.party(serial));
    const receiver = this.balance.fewest(receivers);
    if (receiver !== undefined) this.balance.moving(from, receiver);
    return receiver;
  }

  #give({ from, count, encrypted }: Move, again: boolean): void {
    const worker = this.#orders.party(from);
    if (!worker) return;
    this.#orders.log[again ? 'debug' : 'info'](
      { event: 'balance', pid: worker.pid, count },
      `pid=${worker.pid} has more than its share of the connections: it hands over up to ${count} idle ones`,
    );
    worker.give(count, encrypted);
  }
}
