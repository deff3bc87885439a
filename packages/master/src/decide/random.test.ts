/**
 * Random events in random order: a reload keeps its promises at each of them, and at the end each slot has one worker, in
 * service and of the committed release. The seed in the name of a test repeats its story.
 */
import { isComing, RELOAD_PLANS } from '@tshorn/core';
import type { Effect, Event } from './events.ts';
import type { MigrationCounts, Operation, Rescue, Running, WorkerRecord } from './model.ts';
import type { Notice } from './notice.ts';
import { Scene } from './testing/scene.ts';

/** jest.config.js sets it: true in the long suite. */
declare const LONG: boolean;

const STORIES = LONG ? 200 : 60;
const ACTS = 120;
/** A worker's pid is this and its serial. */
const PID = 1_000;

/** Numbers from 0 to below 1 (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 8) / (0x7fffffff >> 8);
  };
}

class Story {
  readonly scene: Scene;
  readonly told: string[] = [];
  readonly #next: () => number;
  /** Workers that have crashed or hung while they served or drained, and those whose line has come. */
  readonly #fallen = new Set<number>();
  readonly #ended = new Set<number>();
  /** Workers that a reload has drained, and its generation. Where it was given up, they drain beside the next one. */
  readonly #replaced = new Map<number, number>();

  constructor(seed: number) {
    this.#next = numbers(seed);
    const parallelism = this.#chance(0.5) ? 4 : 1;
    const { reload } = new Scene().state.settings;
    this.scene = new Scene({ workers: 3, reload: { ...reload, soakMs: 100, parallelism } }).started();
  }

  #chance(of: number): boolean {
    return this.#next() < of;
  }

  #of<T>(items: readonly T[]): T {
    return items[Math.min(items.length - 1, Math.floor(this.#next() * items.length))] as T;
  }

  #happen(event: Event): void {
    this.told.push(JSON.stringify(event));
    const { effects, notices } = this.scene;
    const from = effects.length;
    const noted = notices.length;
    const wasCommitted = this.scene.state.running?.committed;
    const before = this.scene.state.workers;
    this.scene.happen(event);
    this.#expectContained(before, effects.slice(from), notices.slice(noted));
    this.#expectTold();
    const { running } = this.scene.state;
    if (running?.operation.kind !== 'reload' || running.rollingBack !== undefined) return;
    const now = effects.slice(from);
    for (const effect of now) this.#expectPromised(effect, running);
    if (!running.committed || wasCommitted) return;
    // All were parked: those that drain have been told so just now.
    const told = now.flatMap((effect) => (effect.do === 'drain' ? effect.serial : []));
    expect(this.#older('draining').filter(({ serial }) => !told.includes(serial))).toEqual([]);
  }

  /** Every worker in service knows whether the server leaves. */
  #expectTold(): void {
    const { workers, left } = this.scene.state;
    const serving = Object.values(workers).filter(({ state }) => state === 'ready');
    expect(serving.filter(({ toldLeaving }) => toldLeaving !== (left && true))).toEqual([]);
  }

  /** A worker that has crashed or hung serves no more, and its end has one line. */
  #expectContained(
    before: Readonly<Record<number, WorkerRecord>>,
    effects: readonly Effect[],
    notices: readonly Notice[],
  ): void {
    const { workers, running, slots } = this.scene.state;
    for (const { serial, state, slot, failure } of Object.values(workers)) {
      const is = state === 'hung' || state === 'failing';
      if (is) this.#fallen.add(serial);
      const hasFallen = this.#fallen.has(serial);
      expect(failure !== undefined).toBe(hasFallen);
      if (hasFallen && !is) expect(state).toBe('killed');
      if (!is || before[serial]?.state === state || running || slot >= this.scene.state.size) continue;
      // A worker comes at once, or when the back-off is over. A plan may be at work in its slot.
      const comes = Object.values(workers).some((other) => other.slot === slot && isComing(other.state));
      expect(comes || slots[slot]?.respawnPending).toBe(true);
    }
    for (const effect of effects) {
      if (effect.do === 'admit') expect(this.#fallen).not.toContain(effect.serial);
      if (effect.do === 'drain' && this.#fallen.has(effect.serial)) {
        expect(effect).toMatchObject({ failing: expect.any(String), park: false });
        expect(effect.deadlineMs).toBeLessThanOrEqual(this.scene.state.settings.crashGrace);
      }
    }
    for (const notice of notices) {
      if (notice.event !== 'contained') continue;
      const serial = (notice.worker.pid ?? 0) - PID;
      expect(this.#ended).not.toContain(serial);
      expect(this.#fallen).toContain(serial);
      expect(workers[serial]).toBeUndefined();
      this.#ended.add(serial);
    }
  }

  /** Every one that has fallen has ended, and was told of. */
  expectAllEnded(): void {
    expect([...this.#ended].sort()).toEqual([...this.#fallen].sort());
  }

  /** Workers in this state that the reload replaces. */
  #older(state: WorkerRecord['state']): WorkerRecord[] {
    const { running, workers } = this.scene.state;
    const all = Object.values(workers);
    return all.filter((worker) => worker.state === state && worker.generation !== running?.generation);
  }

  #expectPromised(effect: Effect, { plan = [], generation, committed }: Running): void {
    const { workers } = this.scene.state;
    const parks = plan.some((step) => step.do === 'await-drains');
    // Without parking one process is gone before the next one starts.
    if (effect.do === 'spawn' && effect.generation === generation && !parks) {
      const own = this.#older('draining').filter(({ serial }) => this.#replaced.get(serial) === generation);
      expect(own).toEqual([]);
    }
    if (effect.do === 'drain') this.#replaced.set(effect.serial, generation);
    const old = effect.do === 'drain' && !effect.failing ? workers[effect.serial] : undefined;
    if (!old || old.generation === generation || committed || plan[0]?.do !== 'boot') return;
    const inSlot = Object.values(workers).filter(({ slot }) => slot === old.slot);
    expect(inSlot.filter(({ state }) => state === 'ready')).toMatchObject([{ generation }]);
  }

  act(): void {
    const { scene } = this;
    scene.at += Math.floor(this.#next() * 300);
    const workers = Object.values(scene.state.workers);
    if (workers.length > 0 && this.#chance(0.7)) return this.#step(this.#of(workers));
    if (this.#chance(0.3)) return this.#request();
    if (this.#chance(0.5) && this.expire()) return;
    this.#answer();
  }

  /** The timer that is due next. */
  expire(but = /^(start|boot|drain)/): boolean {
    const { timers } = this.scene;
    const due = [...timers]
      .filter(([timer]) => !but.test(timer))
      .sort(([, one], [, other]) => one - other)[0];
    if (!due) return false;
    this.told.push(`expire ${due[0]}`);
    this.scene.at = Math.max(this.scene.at, due[1]);
    this.scene.timers.delete(due[0]);
    this.scene.happen({ type: 'expired', timer: due[0] });
    return true;
  }

  /** One of the events that a worker may cause next. */
  #step({ serial, state, park }: WorkerRecord, trouble = 1): void {
    const exit: Event = { type: 'worker-exited', serial, code: null, signal: 'SIGKILL' };
    const atRest = state === 'ready' || state === 'parked';
    if (this.#chance(trouble * (atRest ? 0.08 : 0.15))) return this.#happen(exit);
    const report = { moved: 0, finished: 0, closed: 0, forceClosed: 0, refused: {}, tookMs: 1 };
    const broken = this.#chance(trouble * 0.2);
    const verdict = broken ? ({ verdict: 'broken', reason: 'x', tookMs: 1 } as const) : undefined;
    if (this.#chance(trouble * (atRest ? 0.06 : 0.1))) return this.#happen(this.#failureOf(serial));
    // It may come twice, and also to a worker that is to leave.
    if (state === 'draining' && this.#chance(0.4)) return this.#happen({ type: 'worker-moved-all', serial });
    if (state === 'draining' && this.#chance(0.2)) {
      return this.#happen({ type: 'worker-stopped-accepting', serial });
    }
    const next: Partial<Record<WorkerRecord['state'], Event>> = {
      spawned: { type: 'worker-spawned', serial, pid: PID + serial },
      booting: broken
        ? { type: 'worker-load-failed', serial, message: 'x' }
        : { type: 'worker-loaded', serial, kind: 'x' },
      probing: { type: 'worker-probed', serial, report: verdict ?? { verdict: 'ok', tookMs: 1 } },
      admitted: { type: 'worker-accepting', serial },
      draining: park ? { type: 'worker-drained', serial, report } : exit,
      hung: { type: 'worker-rescued', serial, rescue: this.#rescue() },
      failing: this.#chance(0.5) ? { type: 'worker-drained', serial, report } : exit,
      killed: exit,
      ready: { type: 'worker-migrations', serial, arrivals: this.#arrivals(trouble) },
    };
    const event = next[state];
    if (event) this.#happen(event);
  }

  /** A crash or a hang; in some states a forgery. */
  #failureOf(serial: number): Event {
    if (this.#chance(0.5)) return { type: 'worker-hung', serial, silentMs: 30_000 };
    return { type: 'worker-crashed', serial, reason: 'x', culprit: { cost: 'answered' } };
  }

  #rescue(): Rescue {
    return { outcome: this.#of(['interrupted', 'turning', 'stuck']), rescued: 1 };
  }

  /** Counts of the connections that migrated to a worker. */
  #arrivals(trouble: number): MigrationCounts {
    const resumeFailed = this.#chance(trouble * 0.1) ? 20 : 0;
    return { taken: 20, resumeFailed, waiting: this.#chance(trouble * 0.3) };
  }

  #request(): void {
    const { state } = this.scene;
    if (this.#chance(0.15)) return this.#happen({ type: 'abort-requested', by: 'x' });
    if (this.#chance(0.1)) {
      return this.#happen({ type: this.#of(['leave-requested', 'stay-requested']), by: 'x' });
    }
    const [first] = this.scene.ready();
    const operations: Operation[] = [
      { kind: 'reload', by: 'x', plan: this.#of(RELOAD_PLANS) },
      { kind: 'reload', by: 'x', plan: 'rolling' },
      {
        kind: 'reload',
        by: 'x',
        backTo: this.#of([...state.releases.map(({ generation }) => generation), 1]),
      },
      { kind: 'scale', by: 'x', to: 1 + Math.floor(this.#next() * 5) },
      { kind: 'recycle', by: 'x', serial: this.#of([first?.serial ?? 1, state.lastSerial]) },
    ];
    this.#happen({ type: 'requested', operation: this.#of(operations) });
  }

  /** The operation under way gets the answer that it waits for. */
  #answer(no = 0.15): void {
    const { running, settings } = this.scene.state;
    if (!running) return;
    const { generation } = running;
    const refused = this.#chance(no);
    const step = running.plan?.[running.next]?.do;
    if (!running.plan) {
      const { reload } = settings;
      const shape = { ...reload, park: this.#chance(0.6), maxSurge: this.#of([undefined, { count: 2 }]) };
      if (refused) this.#happen({ type: 'refused', generation, reason: 'x' });
      else {
        const same = this.#chance(0.3) && { sameAs: this.#of(this.scene.state.releases).generation };
        this.#happen({ type: 'prepared', generation, settings: { ...settings, reload: shape }, ...same });
      }
    } else if (step === 'approve') {
      this.#happen(refused ? { type: 'vetoed', generation, reason: 'x' } : { type: 'approved', generation });
    } else if (step === 'watch') {
      const verdict = refused ? 'fail' : 'pass';
      this.#happen({ type: 'watched', generation, verdict, pass: !refused, reason: 'x' });
    }
  }

  /** Nothing goes wrong any more, until there is nothing left to do. */
  rest(): void {
    for (let turn = 0; turn < 500; turn++) {
      const workers = Object.values(this.scene.state.workers);
      for (const worker of workers) this.#step(worker, 0);
      this.#answer(0);
      const expired = this.expire();
      if (!expired && !this.scene.state.running && workers.every(({ state }) => state === 'ready')) return;
    }
  }
}

it.each(Array.from({ length: STORIES }, (_, seed) => seed + 1))('story %d ends well', (seed) => {
  const story = new Story(seed);
  for (let act = 0; act < ACTS; act++) story.act();
  story.rest();
  story.expectAllEnded();
  const { scene } = story;
  const { size, committed, running, workers } = scene.state;
  const inSlots = Object.values(workers).map(({ slot, state }) => `${slot} ${state}`);
  const wanted = Array.from({ length: size }, (_, slot) => `${slot} ready`);
  const seen = { running: running?.operation, inSlots: inSlots.sort() };
  const { releases } = scene.state;
  try {
    expect(releases[0]?.generation).toBe(committed);
    expect(releases.length).toBeLessThanOrEqual(10);
    expect(new Set(releases.map(({ origin }) => origin)).size).toBe(releases.length);
    expect(seen).toEqual({ running: undefined, inSlots: wanted });
    if (scene.reported('reload-finished').some(({ outcome }) => outcome === 'failed')) return;
    expect(new Set(Object.values(workers).map(({ generation }) => generation))).toEqual(new Set([committed]));
  } catch (error) {
    throw new Error(`${error}\n${story.told.join('\n')}`);
  }
});
