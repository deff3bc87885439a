/**
 * Everything in the master about connections that change hands: who may take one, how they are kept even,
 * and what has been counted. It sees descriptors only, never what is said on them.
 */
import type { DrainReport, ToMaster } from '@tshorn/core';
import { Balance } from './balance.ts';
import type { MigrationCounts } from './decide/model.ts';
import type { Logger } from './log.ts';
import { Migrations } from './migrations.ts';
import { type Connection, type Peer, Relay } from './relay.ts';

/** Why connections of a worker's server cannot move, in words. */
const IMMOVABLE: Record<string, { level: 'info' | 'warn'; text: string }> = {
  tls: { level: 'info', text: 'its server speaks TLS, whose keys stay in their process' },
  'unknown-node': {
    level: 'warn',
    text: `Node ${process.version} keeps its connections in a way that is not known here`,
  },
};

/** Sums since the master's start. */
export interface TrafficStatus {
  /** `on`, `off` (`--no-handoff`), or why connections cannot move: `tls`, `unknown-node`. */
  readonly handoff: string;
  /** Connections that have gone from one worker to another. */
  readonly moved: number;
  /** Connections of drained workers that could not move, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Idle connections that draining workers closed after their linger. */
  readonly closed: number;
  /** Connections force-closed at a drain's deadline. */
  readonly forceClosed: number;
}

/** A worker, or a master beside this one, to whom nothing but the connections matters. */
export type Party = Peer & { give(count: number): void; readonly pid: number | undefined };

interface TrafficOrders {
  readonly log: Logger;
  worker(serial: number): Party | undefined;
  /** Workers that could take over a connection of this one, the best ones only: none of `except`. */
  takersFor(serial: number, except: ReadonlySet<number>): readonly number[];
  /** Whether connections may move at all (`--no-handoff`). */
  handoff(): boolean;
  /** Workers whose connections are kept even; undefined while an operation is under way. */
  balanced(): readonly number[] | undefined;
  /** Workers that are being compared with the others, and need connections for that. */
  watched(): readonly number[];
  /** Whether it matters to a reload what becomes of connections there. */
  isOnTrial(serial: number): boolean;
  /** What has become of the connections that moved to a worker on trial. */
  arrivals(serial: number, counts: MigrationCounts): void;
}

export class Traffic {
  readonly #orders: TrafficOrders;
  readonly #relay: Relay;
  readonly #balance: Balance;
  readonly #migrations: Migrations;
  /** Of the workers in service: why they can take no connections, or empty. */
  readonly #immovable = new Map<number, string>();
  readonly #told = new Set<string>();
  readonly #refused: Record<string, number> = {};
  #closed = 0;
  #forceClosed = 0;

  constructor(orders: TrafficOrders) {
    this.#orders = orders;
    this.#migrations = new Migrations({
      log: orders.log,
      pidOf: (serial) => orders.worker(serial)?.pid,
      isOnTrial: (serial) => orders.isOnTrial(serial),
      changed: (serial, counts) => orders.arrivals(serial, counts),
    });
    this.#relay = new Relay({
      peer: (serial) => orders.worker(serial),
      arrived: (serial) => this.#migrations.arrived(serial),
      takerFor: (from, except) => this.#takerFor(from, except),
    });
    this.#balance = new Balance({
      eligible: () => orders.balanced()?.filter((serial) => this.#immovable.get(serial) === ''),
      needy: () => orders.watched().filter((serial) => this.#immovable.get(serial) === ''),
      give: (serial, count) => this.#give(serial, count),
    });
  }

  status(): TrafficStatus {
    const why = [...this.#immovable.values()].find((reason) => reason !== '');
    return {
      handoff: this.#orders.handoff() ? (why ?? 'on') : 'off',
      moved: this.#relay.moved,
      refused: { ...this.#refused },
      closed: this.#closed,
      forceClosed: this.#forceClosed,
    };
  }

  /** How many connections the worker has told of last. */
  connectionsOf(serial: number): number {
    return this.#balance.countOf(serial);
  }

  /** The worker is in service. */
  opened(serial: number, immovable: string): void {
    this.#immovable.set(serial, immovable);
    const known = IMMOVABLE[immovable];
    if (known && this.#orders.handoff() && !this.#told.has(immovable)) {
      const text = `no handoff: ${known.text}; idle connections of a worker that drains are closed after --idle-linger`;
      this.#orders.log[known.level]({ event: 'no-handoff', reason: immovable }, text);
      this.#told.add(immovable);
    }
    this.#balance.consider();
  }

  count(serial: number, connections: number): void {
    this.#balance.report(serial, connections);
  }

  drained(serial: number, { refused, closed, forceClosed }: DrainReport): void {
    // Parked or about to end: it has none any more.
    this.#balance.gone(serial);
    for (const [reason, count] of Object.entries(refused)) {
      this.#refused[reason] = (this.#refused[reason] ?? 0) + count;
    }
    this.#closed += closed;
    this.#forceClosed += forceClosed;
  }

  offered(from: number, id: number, connection: Connection, resumer?: string): void {
    this.#relay.offer(from, id, connection, resumer);
  }

  state(from: number, id: number, text: string | undefined): void {
    this.#relay.state(from, id, text);
  }

  /** A worker had it, and its app did not go on with it. */
  resumeFailed(serial: number, told: Extract<ToMaster, { type: 'resume-failed' }>): void {
    this.#refused['resume-failed'] = (this.#refused['resume-failed'] ?? 0) + 1;
    this.#migrations.resumeFailed(serial, told);
  }

  /** A worker knows of so many more whether they go on. */
  answered(serial: number, count: number): void {
    this.#migrations.answered(serial, count);
  }

  /** Its verdict is about to be told. */
  reloadFinished(): void {
    this.#migrations.sumUp();
  }

  sent(from: number, upTo: number): void {
    this.#relay.sent(from, upTo);
  }

  took(by: number, id: number): void {
    this.#relay.took(by, id);
  }

  declined(by: number, id: number, reason: string): void {
    this.#relay.declined(by, id, reason);
  }

  /** After it is known to nobody as a taker any more. */
  gone(serial: number): void {
    this.#immovable.delete(serial);
    this.#migrations.gone(serial);
    this.#balance.gone(serial);
    this.#relay.gone(serial);
  }

  #takerFor(from: number, except: ReadonlySet<number>): number | undefined {
    const unfit = new Set(except);
    for (const [serial, reason] of this.#immovable) if (reason) unfit.add(serial);
    // The state may learn later of a worker that is gone.
    const takers = this.#orders.takersFor(from, unfit).filter((serial) => this.#orders.worker(serial));
    const taker = this.#balance.fewest(takers);
    if (taker !== undefined) this.#balance.moving(from, taker);
    return taker;
  }

  #give(serial: number, count: number): void {
    const worker = this.#orders.worker(serial);
    if (!worker) return;
    this.#orders.log.info(
      { event: 'balance', pid: worker.pid, count },
      `pid=${worker.pid} has more than its share: it hands over ${count} idle connections`,
    );
    worker.give(count);
  }
}
