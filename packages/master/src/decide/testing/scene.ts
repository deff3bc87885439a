/** A master without processes or a clock: a test gives it events and time, and reads its effects and notices. */
import type { Culprit, DrainReport } from '@tshorn/core';
import { decide, initialState } from '../decide.ts';
import type { Effect, Event, TimerId } from '../events.ts';
import type { Operation, Rescue, Settings, State } from '../model.ts';
import type { Notice } from '../notice.ts';
import type { ReloadShape } from '../plan.ts';

export const settings: Settings = {
  workers: 4,
  scaling: { target: 0.6, upMs: 4_000, downMs: 60_000 },
  bootTimeout: 60_000,
  probeWindow: 40_000,
  grace: 30_000,
  quickGrace: 2_000,
  crashGrace: 5_000,
  stopDelay: 0,
  handoff: true,
  reload: {
    kind: 'rolling',
    maxSurge: undefined,
    maxUnavailable: { count: 0 },
    park: true,
    soakMs: 0,
    drainsBeside: false,
    parallelism: 4,
  },
  watch: false,
};

type Spawn = Extract<Effect, { do: 'spawn' }>;

export class Scene {
  state: State;
  at = 0;
  readonly effects: Effect[] = [];
  readonly notices: Notice[] = [];
  readonly timers = new Map<TimerId, number>();

  /** @param release the name of the first release */
  constructor(more: Partial<Settings> = {}, release?: string) {
    this.state = initialState({ ...settings, ...more });
    this.happen({ type: 'start', ...(release !== undefined && { release }) });
  }

  happen(event: Event): this {
    const { state, effects, notices } = decide(this.state, event, this.at);
    this.state = state;
    this.effects.push(...effects);
    this.notices.push(...notices);
    for (const effect of effects) {
      if (effect.do === 'set-timer') this.timers.set(effect.timer, this.at + effect.ms);
      if (effect.do === 'clear-timer') this.timers.delete(effect.timer);
    }
    return this;
  }

  request(operation: Operation): this {
    return this.happen({ type: 'requested', operation });
  }

  reload(by = 'SIGHUP'): this {
    return this.request({ kind: 'reload', by });
  }

  prepared(more: Partial<Settings> = {}): this {
    const generation = this.state.running?.generation ?? 0;
    return this.happen({ type: 'prepared', generation, settings: { ...this.state.settings, ...more } });
  }

  /** A reload of another shape, prepared. */
  reloadAs(more: Partial<ReloadShape>): this {
    return this.reload().prepared({ reload: { ...this.state.settings.reload, ...more } });
  }

  refused(reason: string): this {
    return this.happen({ type: 'refused', generation: this.state.running?.generation ?? 0, reason });
  }

  /** A step that waits for an answer gets it. */
  agree(): this {
    const { running } = this.state;
    const step = running?.plan?.[running.next];
    if (!running || !step) return this;
    const { generation } = running;
    if (step.do === 'approve') this.happen({ type: 'approved', generation });
    if (step.do === 'watch')
      this.happen({ type: 'watched', generation, verdict: 'pass', pass: true, reason: '' });
    if (step.do === 'soak' && this.timers.has('soak')) this.expire('soak');
    return this;
  }

  /** The worker's connections are gone; it exits, if it is not parked. */
  drained(serial: number, more: Partial<DrainReport> = {}): this {
    const report = { moved: 0, finished: 0, closed: 0, forceClosed: 0, refused: {}, tookMs: 1, ...more };
    return this.happen({ type: 'worker-drained', serial, report });
  }

  /** An exception that nobody caught. */
  crash(serial: number, cost: Culprit['cost'] = 'answered'): this {
    const request = { method: 'GET', path: '/boom', ageMs: 1, answering: false };
    const culprit = { cost, ...(cost !== 'none' && cost !== 'unknown' && { request }) };
    return this.happen({ type: 'worker-crashed', serial, reason: 'uncaught Error: boom', culprit });
  }

  hang(serial: number): this {
    return this.happen({ type: 'worker-hung', serial, silentMs: 30_000 });
  }

  rescued(serial: number, rescue: Partial<Rescue> = {}): this {
    const outcome = { outcome: 'interrupted', rescued: 0, ...rescue } as const;
    return this.happen({ type: 'worker-rescued', serial, rescue: outcome });
  }

  expire(timer: TimerId): this {
    const due = this.timers.get(timer);
    if (due === undefined)
      throw new Error(`no timer ${timer}; there are: ${[...this.timers.keys()].join(' ')}`);
    this.at = due;
    this.timers.delete(timer);
    return this.happen({ type: 'expired', timer });
  }

  /** Brings one worker up to where its probe answers, and into service when the answer is good. */
  boot(serial: number, verdict: 'ok' | 'alive' | 'broken' = 'ok'): this {
    const reason = verdict === 'broken' ? { reason: '/_status answered 500' } : {};
    this.happen({ type: 'worker-spawned', serial, pid: 1000 + serial });
    this.happen({ type: 'worker-loaded', serial, kind: 'handler' });
    this.happen({ type: 'worker-probed', serial, report: { verdict, tookMs: 1, ...reason } });
    return this.happen({ type: 'worker-accepting', serial });
  }

  exit(serial: number, code: number | null = 0, signal: string | null = null): this {
    return this.happen({ type: 'worker-exited', serial, code, signal });
  }

  /** Boots every worker that has just been spawned. */
  bootAll(): this {
    for (const { serial, state } of Object.values(this.state.workers))
      if (state === 'spawned') this.boot(serial);
    return this;
  }

  started(): this {
    return this.bootAll();
  }

  /** Lets every drained worker exit and every new one boot, until nothing changes any more. */
  settle(): this {
    for (let moved = true; moved; ) {
      moved = false;
      for (const worker of Object.values(this.state.workers)) {
        if (worker.state === 'spawned') this.boot(worker.serial);
        else if (worker.state === 'admitted')
          this.happen({ type: 'worker-accepting', serial: worker.serial });
        else if (worker.state === 'draining' && worker.park) this.drained(worker.serial);
        else if (worker.state === 'draining' || worker.state === 'killed') this.exit(worker.serial);
        else if (worker.state === 'hung') this.rescued(worker.serial);
        else if (worker.state === 'failing') this.drained(worker.serial).exit(worker.serial, 1);
        else continue;
        moved = true;
      }
      const before = this.effects.length;
      this.agree();
      moved ||= this.effects.length > before;
    }
    return this;
  }

  get spawns(): Spawn[] {
    return this.effects.filter((effect): effect is Spawn => effect.do === 'spawn');
  }

  reported<Name extends Notice['event']>(event: Name): Extract<Notice, { event: Name }>[] {
    return this.notices.filter((notice) => notice.event === event) as Extract<Notice, { event: Name }>[];
  }

  /** `ready`, `draining`, ... in the order of their notices, as `event:slot`. */
  lifecycle(...events: string[]): string[] {
    return this.notices.flatMap((notice) =>
      'worker' in notice && events.includes(notice.event) ? [`${notice.event}:${notice.worker.slot}`] : [],
    );
  }

  ready(): { slot: number; generation: number; serial: number }[] {
    return Object.values(this.state.workers)
      .filter(({ state }) => state === 'ready')
      .map(({ slot, generation, serial }) => ({ slot, generation, serial }))
      .sort((a, b) => a.slot - b.slot);
  }

  forget(): this {
    this.effects.length = 0;
    this.notices.length = 0;
    return this;
  }
}
