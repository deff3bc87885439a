/**
 * A loaded app in service: it accepts, hands connections over, drains, is parked, and serves again if the
 * reload is rolled back. It ends when a drain does, unless the worker is kept.
 */
import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DrainOrder, describeThrown, type ToMaster } from '@tshorn/core';
import { worker as api, type DrainNotice } from './api.ts';
import { type AttachedListeners, attachListeners, type ListeningHandle } from './app/listeners.ts';
import { type Closable, survivorsOf, webSocketsOf } from './closing/closable.ts';
import { windowOf } from './closing/spread.ts';
import { Drain, type DrainSettings } from './drain.ts';
import { Handoff, type HandoffOrder } from './handoff.ts';
import { immovableServer, type RawHandle } from './http-internals.ts';
import { tellRemaining } from './remaining.ts';
import { Sampler } from './sample.ts';
import { registry } from './survive/registry.ts';
import { UpgradedConnections } from './upgraded.ts';

export type Leave = Omit<DrainOrder, 'type'>;

interface ServiceSettings {
  readonly server: http.Server;
  readonly backlog: number;
  /** Milliseconds that an idle connection is kept for a request that crosses with its close. */
  readonly idleLinger: number;
  /** Milliseconds over which WebSockets are closed before the deadline; 0: they are force-closed at it. */
  readonly websocketSpread: number;
  readonly send: (message: ToMaster, handle?: RawHandle) => Promise<void>;
  /** Connections were force-closed at the deadline. */
  readonly onForceClosed: () => Promise<unknown>;
}

/** What has drained closes at once. */
const CLOSE_WITHIN_MS = 1_000;
/** How long a worker may accept what waits, under a flood. */
const MOST_QUEUE_MS = 5_000;

export class Service {
  readonly #settings: ServiceSettings;
  readonly #upgraded: UpgradedConnections;
  /** Settles when the worker accepts; undefined until it is admitted. */
  #attaching: Promise<AttachedListeners> | undefined;
  #handoff: Handoff | undefined;
  #sampler: Sampler | undefined;
  #drain: Drain | undefined;
  #order: Leave | undefined;
  /** Lets a parked worker go, or has it serve again. */
  #unpark: (leave: boolean) => void = () => {};
  #over = false;
  /** When it has to be gone: on a clock that nobody sets. */
  #leaveAt = 0;

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
    this.#upgraded = new UpgradedConnections(settings.server);
  }

  /** What is left of its time to leave, the app's own clean-up included: milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#leaveAt - performance.now());
  }

  /** Into service, for the first time or again. Rejects when a handle cannot be listened on. */
  async accept(handles: readonly ListeningHandle[]): Promise<void> {
    const { server, backlog, send } = this.#settings;
    // On its way out it cannot turn round: the master will see it end.
    if (this.#over) return;
    if (this.#attaching) await this.#resume(await this.#attaching, handles);
    else {
      this.#attaching = attachListeners({ server }, handles, backlog);
      const listeners = await this.#attaching;
      // Only now: a server has its list of connections from the moment that it listens.
      if (!immovableServer(server)) this.#handoff = new Handoff(server, listeners, send);
    }
    await send({ type: 'accepting', immovable: immovableServer(server) });
  }

  async #resume(listeners: AttachedListeners, handles: readonly ListeningHandle[]): Promise<void> {
    this.#drain?.cancel();
    this.#drain = undefined;
    this.#order = undefined;
    this.#unpark(false);
    if (!(await listeners.resume(handles))) throw new Error('a server of this Node cannot listen again');
    this.#handoff?.serve();
    this.#tellApp('resume');
  }

  /** Measures for the master, or no longer. */
  watch(on: boolean): void {
    if (!on) return this.#sampler?.stop();
    const { server, send } = this.#settings;
    this.#sampler ??= new Sampler(server, (sample) => void send({ type: 'sample', ...sample }));
    this.#sampler.start();
  }

  handOff(order: HandoffOrder, handle: RawHandle | undefined): void {
    if (this.#handoff) return this.#handoff.obey(order, handle);
    handle?.close();
    // The master asks nobody who cannot.
    if (order.type === 'take') {
      void this.#settings.send({ type: 'declined', id: order.id, reason: 'no-taker' });
    }
  }

  /** The master is gone: nobody answers offers any more. */
  abandon(): void {
    this.#handoff?.abandon();
  }

  /** Drains. Resolves with whether the worker is to leave now; ordered again, it goes on as ordered then. */
  async leave(order: Leave): Promise<boolean> {
    const again = this.#order !== undefined;
    this.#order = order;
    this.#leaveAt = performance.now() + order.deadlineMs;
    if (again) {
      this.#drain?.hurry(this.#settingsOf(order));
      this.#unpark(true);
      return false;
    }
    // Not in service yet: there is nothing to finish.
    const listeners = await this.#attaching?.catch(() => undefined);
    if (!listeners) return true;
    this.#handoff?.endCensus();
    if (order.emptyQueue) await this.#emptyQueue(listeners);
    const { handoff } = order;
    const sender = handoff ? this.#handoff?.sender : undefined;
    // It may have become a quick one meanwhile.
    const settings = this.#settingsOf(this.#order);
    const drain = new Drain(this.#settings.server, listeners, settings, {
      handoff,
      sender,
      receiver: this.#handoff?.receiver,
      closables: () => this.#closables(handoff),
    });
    this.#drain = drain;
    this.#tellApp('drain', { deadline: Date.now() + this.leftMs });
    const known = { listeners, survivors: registry().survivors, outgoing: sender?.outgoing };
    const tell = (left: Readonly<Record<string, number>>) =>
      void this.#settings.send({ type: 'remaining', left });
    const stopTelling = tellRemaining(this.#settings.server, known, this.leftMs, tell);
    const report = await drain.done;
    stopTelling();
    if (report) await this.#settings.send({ type: 'drained', ...report });
    if (report?.forceClosed) await this.#settings.onForceClosed();
    // It may have been admitted again at any moment since.
    if (this.#drain !== drain || (this.#order.park && !(await this.#parked()))) return false;
    this.#over = true;
    // Upgraded connections of other protocols are nobody's to end, and an orphan has nobody who would end it.
    await Promise.race([listeners.close(), sleep(CLOSE_WITHIN_MS)]);
    return true;
  }

  #emptyQueue(listeners: AttachedListeners): Promise<void> {
    const until = performance.now() + MOST_QUEUE_MS;
    return listeners.emptyQueue(() => performance.now() < Math.min(until, this.#leaveAt));
  }

  #settingsOf({ mode }: Leave): DrainSettings {
    const { idleLinger, websocketSpread } = this.#settings;
    const quick = mode === 'quick';
    const deadlineMs = this.leftMs;
    return {
      deadlineMs,
      lingerMs: quick ? 0 : idleLinger,
      closing: windowOf(deadlineMs, websocketSpread, quick),
    };
  }

  /** `counted`: each is one that did not move. */
  #closables(counted: boolean): Closable[] {
    const { survivors } = registry();
    const outgoing = counted ? this.#handoff?.sender.outgoing : undefined;
    const known = survivorsOf(survivors, (survivor) => outgoing?.refuse(survivor));
    const sockets = new Set([...survivors].map(({ socket }) => socket));
    return [...known, ...webSocketsOf(this.#upgraded).filter(({ socket }) => !sockets.has(socket))];
  }

  /** Resolves with whether the worker is to leave. */
  #parked(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#unpark = resolve;
    });
  }

  #tellApp(...event: ['drain', DrainNotice] | ['resume']): void {
    try {
      if (event[0] === 'drain') api.emit(...event);
      else api.emit(...event);
    } catch (error) {
      const hook = `worker.on('${event[0]}')`;
      void this.#settings.send({ type: 'hook-failed', hook, reason: describeThrown(error) });
    }
  }
}
