/**
 * A loaded app in service: it accepts, hands connections on, drains, is parked, and serves again if the reload is rolled
 * back. It ends when a drain does, unless the worker is parked. The Worker creates it.
 */
import type { WorkerOptions } from '@tshorn/config';
import { type DrainOrder, describeThrown, type ToMaster } from '@tshorn/core';
import { worker as api, type DrainNotice } from './api.ts';
import { isTls } from './app/http-server.ts';
import { type AttachedListeners, attachListeners, type ListeningHandle } from './app/listeners.ts';
import { type Closable, migratablesOf, webSocketsOf } from './closing/closable.ts';
import { windowOf } from './closing/spread.ts';
import { Aftermath } from './containment/aftermath.ts';
import { Drain, type DrainSettings } from './drain.ts';
import { EmptyTogether } from './empty-together.ts';
import type { WayOf } from './front/entry.ts';
import { Handoff, type HandoffOrder } from './handoff.ts';
import type { Meter } from './meter.ts';
import { registry } from './migrate/registry.ts';
import type { OtherServers } from './others/other-servers.ts';
import { onceOnlyImmovable, reportRemaining } from './remaining.ts';
import type { DirectChannel } from './rescue/direct-channel.ts';
import { offerRescue } from './rescue/rescue.ts';
import { Sampler } from './sample.ts';
import type { RawHandle, Transport } from './transport/transport.ts';

export type Leave = Omit<DrainOrder, 'type'> & {
  /** The master is gone: whether another one accepts from the same sockets is not known. */
  readonly orphaned?: true;
};

interface ServiceSettings {
  readonly transport: Transport;
  readonly meter: Meter;
  readonly others: OtherServers;
  readonly options: Pick<WorkerOptions, 'backlog' | 'idleLinger' | 'websocketSpread'>;
  readonly send: (message: ToMaster, handle?: RawHandle) => Promise<void>;
  readonly direct: DirectChannel | undefined;
  /** Sends what the worker has counted so far: it may be killed when it has drained. */
  readonly report: () => Promise<void>;
  /** Connections were force-closed at the deadline. */
  readonly onForceClosed: () => Promise<unknown>;
  readonly wayOf: WayOf;
}

/** The part of the time after a failure, at its end, in which WebSockets are closed that could not move so far. */
const LAST_PART = 0.1;

export class Service {
  readonly #settings: ServiceSettings;
  readonly #aftermath: Aftermath;
  readonly #emptyTogether = new EmptyTogether();
  /** Settles when the worker accepts; undefined until it is admitted. */
  #attaching: Promise<AttachedListeners> | undefined;
  /** Present as soon as the worker accepts. */
  #listeners: AttachedListeners | undefined;
  #handoff: Handoff | undefined;
  #sampler: Sampler | undefined;
  #drain: Drain | undefined;
  #order: Leave | undefined;
  /** Ends the parking: with true the worker leaves, with false it serves again. */
  #unpark: (leave: boolean) => void = () => {};
  #over = false;
  /** When the process has to be gone, on the clock of performance.now(). */
  #leaveAt = 0;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.#aftermath = new Aftermath(settings.meter);
  }

  /** Milliseconds that are left of the grace period, the app's own clean-up included. */
  get leftMs(): number {
    return Math.max(0, this.#leaveAt - performance.now());
  }

  /** True from when the worker accepts until the app's own clean-up. */
  get isInService(): boolean {
    return this.#listeners !== undefined && !this.#over;
  }

  /** A crash or a hang: the requests that are answered from now on are counted for the report of the drain. */
  countAnswers(): void {
    this.#aftermath.begin();
  }

  /** After a crash: accepts no more, and never again. */
  stopAccepting(): void {
    this.countAnswers();
    void this.#listeners?.pause();
  }

  /** Begins to accept, for the first time or again. Rejects when a handle cannot be listened on. */
  async accept(handles: readonly ListeningHandle[]): Promise<void> {
    const { transport, meter, options, send, direct, wayOf } = this.#settings;
    // A worker that is about to exit cannot serve again; the master sees it end.
    if (this.#over || this.#aftermath.hasBegun) return;
    if (this.#attaching) {
      const listeners = await this.#attaching;
      // It was interrupted: the orders of all that time arrive at once, and its last one counts.
      if (this.#aftermath.hasBegun) return;
      await this.#resume(listeners, handles);
      if (this.#aftermath.hasBegun) return;
    } else {
      const events = {
        onWanted: () => void send({ type: 'listeners-wanted' }),
        onClosed: () => void send({ type: 'closed' }),
      };
      this.#attaching = attachListeners(transport.server, handles, options.backlog, events, wayOf);
      const listeners = await this.#attaching;
      this.#listeners = listeners;
      // Only now: a server has its list of connections from the moment that it listens.
      if (!transport.immovable()) {
        this.#handoff = new Handoff(transport, listeners, { send, direct });
        offerRescue(this.#handoff.handOut, meter);
      }
    }
    const tls = isTls(transport.server);
    await send({ type: 'accepting', immovable: transport.immovable(), ...(tls && { tls }) });
  }

  async #resume(listeners: AttachedListeners, handles: readonly ListeningHandle[]): Promise<void> {
    this.#drain?.cancel();
    this.#drain = undefined;
    this.#order = undefined;
    this.#unpark(false);
    await listeners.resume(handles);
    await this.#settings.others.resume();
    if (this.#aftermath.hasBegun) return void listeners.pause();
    this.#handoff?.serve();
    this.#emitToApp('resume');
  }

  /** Accepts again on listeners that the worker has closed meanwhile, if it may. */
  async attach(handles: readonly ListeningHandle[]): Promise<void> {
    await (await this.#attaching)?.attach(handles);
  }

  /** Begins or ends to send samples of the traffic to the master. */
  watch(on: boolean): void {
    if (!on) return this.#sampler?.stop();
    const { meter, send } = this.#settings;
    this.#sampler ??= new Sampler(meter, (sample) => void send({ type: 'sample', ...sample }));
    this.#sampler.start();
  }

  handOff(order: HandoffOrder, handle: RawHandle | undefined): void {
    if (this.#handoff) return this.#handoff.obey(order, handle);
    handle?.close();
    // Its messages may cross with ours: it does not ask a worker that has said that it cannot.
    if (order.type === 'take') {
      void this.#settings.send({ type: 'declined', id: order.id, reason: 'no-taker' });
    }
  }

  /** The process ends while it serves, or at the end of a drain: what is at rest leaves in this turn. */
  rescueAtExit(): void {
    try {
      this.#handoff?.handOut.all(true);
    } catch {
      // `process.exit()` of the app would throw, and the process live on.
    }
  }

  /** The master is gone, and answers no offers any more. */
  abandon(): void {
    this.#handoff?.abandon();
  }

  /** Drains. Resolves with whether the worker is to exit now. Called again, it changes the drain that runs, and resolves with false. */
  async leave(order: Leave): Promise<boolean> {
    const again = this.#order !== undefined;
    this.#order = order;
    this.#leaveAt = performance.now() + order.deadlineMs;
    // Most times it has begun already.
    if (order.failing) this.#aftermath.begin();
    if (again) {
      if (order.mode === 'quick' || order.orphaned) this.#emptyTogether.alone();
      this.#drain?.hurry(this.#settingsOf(order));
      this.#unpark(true);
      return false;
    }
    // A worker that is not in service yet has nothing to finish.
    const listeners = await this.#attaching?.catch(() => undefined);
    if (!listeners) return true;
    this.#handoff?.endCounting();
    if (order.emptyQueue || order.orphaned) {
      await this.#emptyTogether.empty(listeners, order.emptyQueue, () => this.leftMs);
    }
    const { handoff } = order;
    const sender = handoff ? this.#handoff?.sender : undefined;
    // The order may have become a quick one meanwhile.
    const settings = this.#settingsOf(this.#order);
    const { transport, meter, others } = this.#settings;
    const drain = new Drain(settings, {
      transport,
      meter,
      aftermath: this.#aftermath,
      listeners,
      others,
      handoff,
      sender,
      receiver: this.#handoff?.receiver,
      handOut: () => void (sender && this.#handoff?.handOut.all()),
      closables: () => this.#closables(handoff),
    });
    this.#drain = drain;
    if (order.emptyQueue) void this.#settings.send({ type: 'stopped-accepting' });
    this.#emitToApp('drain', { deadline: Date.now() + this.leftMs });
    const known = {
      listeners,
      others,
      migratables: registry().migratables,
      outgoing: sender?.outgoing,
      waitsForTaker: () => sender?.waitsForTaker === true,
    };
    const stopReporting = reportRemaining(transport, known, this.leftMs, (left) => {
      void this.#settings.send({ type: 'remaining', left });
    });
    const stopLooking = onceOnlyImmovable(transport, known, () => {
      void this.#settings.send({ type: 'moved-all' });
    });
    const report = await drain.done;
    stopReporting();
    stopLooking();
    if (report) {
      await this.#settings.report();
      await this.#settings.send({ type: 'drained', ...report });
    }
    if (report?.forceClosed) await this.#settings.onForceClosed();
    // The master may have admitted the worker again at any moment since.
    if (this.#drain !== drain || (this.#order.park && !(await this.#parked()))) return false;
    // The app's server still seems to listen: the app's own clean-up closes it, as under node.
    this.#over = true;
    return true;
  }

  /** No other worker accepts any more. */
  lastToAccept(): void {
    this.#emptyTogether.alone();
  }

  #settingsOf({ mode }: Leave): DrainSettings {
    const { idleLinger, websocketSpread } = this.#settings.options;
    const quick = mode === 'quick';
    const deadlineMs = this.leftMs;
    // After a failure few are left: those in the middle of a message, which still move when it is over.
    const spreadMs = this.#aftermath.hasBegun
      ? Math.min(websocketSpread, deadlineMs * LAST_PART)
      : websocketSpread;
    return {
      deadlineMs,
      lingerMs: quick ? 0 : idleLinger,
      closing: windowOf(deadlineMs, spreadMs, quick),
    };
  }

  /** @param counted whether each of them counts as refused: it did not move */
  #closables(counted: boolean): Closable[] {
    const { transport, others } = this.#settings;
    const { migratables } = registry();
    const outgoing = counted ? this.#handoff?.sender.outgoing : undefined;
    const known = migratablesOf(migratables, (migratable) => outgoing?.refuse(migratable));
    const sockets = new Set([...migratables].map(({ socket }) => socket));
    return [
      ...known,
      ...webSocketsOf([...transport.webSockets(), ...others.webSockets()]).filter(
        ({ socket }) => !sockets.has(socket),
      ),
    ];
  }

  /** Resolves with whether the worker is to exit. */
  #parked(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#unpark = resolve;
    });
  }

  #emitToApp(...event: ['drain', DrainNotice] | ['resume']): void {
    try {
      if (event[0] === 'drain') api.emit(...event);
      else api.emit(...event);
    } catch (error) {
      const hook = `worker.on('${event[0]}')`;
      void this.#settings.send({ type: 'hook-failed', hook, reason: describeThrown(error) });
    }
  }
}
