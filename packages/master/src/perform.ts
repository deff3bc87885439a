/**
 * The master's hands: performs the effects of decide() on worker processes and timers. Their outcomes return to the
 * loop as events. Created by the master.
 */
import { Deadline, formatAddress } from '@tshorn/core';
import { Attendants } from './attendants.ts';
import type { Context } from './context.ts';
import { Crew } from './crew.ts';
import type { Effect, TimerId } from './decide/events.ts';
import { endChildrenOf, endWorker } from './ending.ts';
import type { Release } from './release.ts';
import { Spawner } from './spawner.ts';

export type ProcessEffect = Extract<
  Effect,
  {
    do:
      | 'spawn'
      | 'admit'
      | 'drain'
      | 'last-to-accept'
      | 'announce-leaving'
      | 'announce-staying'
      | 'kill'
      | 'rescue'
      | 'watch'
      | 'end-watch'
      | 'follow-load'
      | 'report-migrations'
      | 'set-timer'
      | 'clear-timer';
  }
>;

/** Milliseconds that a worker whose app cannot be loaded has to find this out itself. */
const ASK_AFTER_MS = 400;

export class Performer {
  readonly #context: Context;
  readonly #crew: Crew;
  readonly #attendants: Attendants;
  readonly #spawner: Spawner;
  readonly #timers = new Map<TimerId, Deadline>();

  constructor(context: Context) {
    this.#context = context;
    this.#crew = new Crew(context.log);
    this.#attendants = new Attendants(context, this.#crew);
    this.#spawner = new Spawner(context, this.#crew, this.#attendants);
  }

  get traffic() {
    return this.#attendants.traffic;
  }

  /** With the figures of now: those of workers at rest are read rarely. */
  upToDate(): this {
    this.#attendants.readFigures();
    return this;
  }

  get vitals() {
    return this.#attendants.vitals;
  }

  get remaining() {
    return this.#attendants.remaining;
  }

  get load() {
    return this.#attendants.load;
  }

  /** The serial of the worker with that pid. */
  serialOf(pid: number): number | undefined {
    return this.#crew.serialOf(pid);
  }

  /** The logs of the workers, after a rotation has moved them away. */
  reopenLogs(): void {
    for (const handle of this.#crew.handles) handle.reopenLog();
  }

  /** The release of a worker; undefined after its end. */
  releaseOf(serial: number): Release | undefined {
    return this.#crew.releaseOf(serial);
  }

  perform(effect: ProcessEffect): void {
    switch (effect.do) {
      case 'spawn':
        return this.#spawner.spawn(effect);
      case 'admit':
        return this.#admit(effect);
      case 'drain':
        return this.#drain(effect);
      case 'last-to-accept':
        return this.#crew.get(effect.serial)?.lastToAccept();
      case 'announce-leaving':
        return this.#crew.get(effect.serial)?.announceLeaving(true);
      case 'announce-staying':
        return this.#crew.get(effect.serial)?.announceLeaving(false);
      case 'kill':
        return this.#kill(effect);
      case 'rescue':
        return this.#rescue(effect.serial);
      case 'watch': {
        const { config } = this.#context.releaseOf(effect.generation);
        return this.#attendants.gate.begin(effect.generation, effect.serials, config);
      }
      case 'report-migrations':
        return this.#attendants.traffic.migrations.sumUp();
      case 'follow-load':
        return this.#attendants.load.follow(effect.on);
      case 'end-watch':
        return this.#attendants.gate.end();
      case 'set-timer': {
        this.#timers.get(effect.timer)?.clear();
        const expire = () => {
          if (this.#isHeld(effect.timer)) return this.perform(effect);
          this.#timers.delete(effect.timer);
          this.#context.enqueue({ type: 'expired', timer: effect.timer });
        };
        // What a worker has sent in time counts, be this process late itself.
        this.#timers.set(effect.timer, new Deadline(effect.ms, expire));
        return;
      }
      case 'clear-timer':
        this.#timers.get(effect.timer)?.clear();
        this.#timers.delete(effect.timer);
        return;
    }
  }

  /** A worker that stands at a breakpoint while it boots has the whole time again, and so has the start. */
  #isHeld(timer: TimerId): boolean {
    const [kind, serial] = timer.split(':');
    if (kind === 'start') return this.#crew.handles.some(({ inspector }) => inspector.mayHoldBoot);
    return kind === 'boot' && this.#crew.get(Number(serial))?.inspector.mayHoldBoot === true;
  }

  #admit({ serial, watched }: Extract<Effect, { do: 'admit' }>): void {
    const worker = this.#crew.get(serial);
    // Before the order: not even the first request is answered at the priority of a booting worker.
    if (worker?.pid) this.#attendants.bootPriority.raise(worker.pid);
    // Before the order, too: a canary that fails at once does not do so uncounted while this process has other work.
    if (watched) worker?.watch(true);
    worker?.admit(this.#context.listeners, ({ address }) => formatAddress(address));
  }

  #kill({ serial, reason }: Extract<Effect, { do: 'kill' }>): void {
    const worker = this.#crew.get(serial);
    if (!worker) return;
    if (reason === 'not-loaded') {
      // SIGKILL would cut off the app's listeners to 'exit'. A worker that finds out itself ends its child processes too.
      const order = { mode: 'graceful', deadlineMs: 0, handoff: false, park: false } as const;
      return endWorker(worker, () => {
        const exited = worker.exited();
        const ask = () => {
          if (worker.pid) endChildrenOf(worker.pid);
          worker.drain(order);
        };
        const timer = exited && setTimeout(ask, ASK_AFTER_MS);
        return exited?.finally(() => clearTimeout(timer));
      });
    }
    endWorker(worker, () => reason && this.#attendants.hangs.explain(serial, reason));
  }

  /** The answer comes whatever happens: the worker waits for it. */
  #rescue(serial: number): void {
    void this.#attendants.hangs.rescue(serial).then((rescue) => {
      this.#context.enqueue({ type: 'worker-rescued', serial, rescue });
    });
  }

  #drain({ do: _do, serial, emptyQueue, ...order }: Extract<Effect, { do: 'drain' }>): void {
    // systemd holds its sockets too: it accepts what waits there, and the backlog is not ours to change.
    const isEnd = emptyQueue && this.#context.listeners.every(({ source }) => source !== 'systemd');
    this.#attendants.remaining.begin(serial, order.deadlineMs);
    this.#crew.get(serial)?.drain({ ...order, ...(isEnd && { emptyQueue }) });
  }
}
