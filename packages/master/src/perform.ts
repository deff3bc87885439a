/**
 * The master's hands: performs the effects that decide() asks for. Whatever comes of them returns to
 * the loop as an event; nothing here looks at the state.
 */
import os from 'node:os';
import { formatAddress, type ToMaster } from '@tshorn/core';
import { BootPriority } from './boot-priority.ts';
import { CanaryGate } from './canary/gate.ts';
import { memoryLimit } from './cgroup.ts';
import { CompileCache } from './compile-cache.ts';
import type { Effect, Event, TimerId } from './decide/model.ts';
import { describeEnd } from './end-of-worker.ts';
import { Hangs, ownFolder } from './hang/hangs.ts';
import { isDoorClosed } from './hang/inspector-flags.ts';
import type { Hooks } from './hooks.ts';
import type { LastWords } from './last-words.ts';
import type { Listener } from './listeners.ts';
import type { Logger } from './log.ts';
import { OomKills } from './oom-kills.ts';
import type { Privileges } from './privileges.ts';
import { Recycler } from './recycling/recycler.ts';
import type { Connection } from './relay.ts';
import { bootOrder, isOverwritten, missingOf, type Release } from './release.ts';
import type { StatusUdp } from './status-udp.ts';
import { type Party, Traffic } from './traffic.ts';
import { Vitals } from './vitals.ts';
import { workerEnv } from './worker-env.ts';
import { WorkerHandle } from './worker-handle.ts';

export interface Surroundings {
  readonly log: Logger;
  readonly hooks: Hooks;
  readonly lastWords: LastWords;
  readonly listeners: readonly Listener[];
  readonly statusUdp: StatusUdp | undefined;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly privileges: Privileges;
  releaseOf(generation: number): Release;
  /** Workers that could take over a connection of this one, the best ones only: none of `except`. */
  takersFor(serial: number, except: ReadonlySet<number>): readonly number[];
  /** The master before this one, or after it, where there is one. */
  neighbour(serial: number): Party | undefined;
  /** Whether the workers of a master before this one serve. */
  isFollowing(): boolean;
  /** Whether connections may move at all (`--no-handoff`). */
  handoff(): boolean;
  /** Workers in service that are none of these. */
  others(serials: readonly number[]): readonly number[];
  /** Workers whose connections are kept even; undefined while an operation is under way. */
  balanced(): readonly number[] | undefined;
  /** New workers that are being compared with the others. */
  watched(): readonly number[];
  /** Workers of which one may be recycled now; undefined while none may. */
  recyclable(): readonly number[] | undefined;
  enqueue(event: Event): void;
}

type SpawnEffect = Extract<Effect, { do: 'spawn' }>;
export type ProcessEffect = Extract<
  Effect,
  {
    do:
      | 'spawn'
      | 'admit'
      | 'drain'
      | 'announce-leaving'
      | 'kill'
      | 'watch'
      | 'end-watch'
      | 'set-timer'
      | 'clear-timer';
  }
>;

export class Performer {
  readonly #around: Surroundings;
  readonly #workers = new Map<number, WorkerHandle>();
  readonly traffic: Traffic;
  readonly vitals = new Vitals();
  readonly #recycler: Recycler;
  readonly #oomKills = new OomKills();
  readonly #hangs: Hangs;
  readonly #gate: CanaryGate;
  readonly #compileCache: CompileCache;
  readonly #bootPriority: BootPriority;
  readonly #timers = new Map<TimerId, NodeJS.Timeout>();
  /** Generations that have been warned of. */
  readonly #overwritten = new Set<number>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.traffic = new Traffic({
      log: around.log,
      worker: (serial) => this.#workers.get(serial) ?? around.neighbour(serial),
      takersFor: (serial, except) => around.takersFor(serial, except),
      handoff: () => around.handoff(),
      balanced: () => around.balanced(),
      watched: () => around.watched(),
    });
    this.#compileCache = new CompileCache(around.log, around.env, around.privileges.identity);
    this.#recycler = new Recycler({
      log: around.log,
      vitalOf: (serial) => this.vitals.of(serial),
      recyclable: () => around.recyclable(),
      request: (operation) => around.enqueue({ type: 'requested', operation }),
      memoryThere: () => memoryLimit(os.totalmem()) ?? os.totalmem(),
      chance: Math.random,
    });
    this.#bootPriority = new BootPriority(around.log, { onStuck: (pid) => this.#replace(pid) });
    this.#hangs = new Hangs({
      log: around.log,
      own: ownFolder(around.workerFile),
      onHung: (serial, silentMs) => around.enqueue({ type: 'worker-hung', serial, silentMs }),
    });
    this.#gate = new CanaryGate({
      log: around.log,
      others: (serials) => around.others(serials),
      send: (serial, on) => this.#workers.get(serial)?.watch(on),
      onVerdict: (generation, outcome) => around.enqueue({ type: 'watched', generation, ...outcome }),
    });
  }

  perform(effect: ProcessEffect): void {
    switch (effect.do) {
      case 'spawn':
        return this.#spawn(effect);
      case 'admit':
        return this.#admit(effect.serial);
      case 'drain':
        return this.#drain(effect);
      case 'announce-leaving':
        return this.#workers.get(effect.serial)?.announceLeaving();
      case 'kill':
        if (effect.reason) return this.#hangs.kill(effect.serial, effect.reason);
        return this.#workers.get(effect.serial)?.kill();
      case 'watch': {
        const { config } = this.#around.releaseOf(effect.generation);
        return this.#gate.begin(effect.generation, effect.serials, config);
      }
      case 'end-watch':
        return this.#gate.end();
      case 'set-timer': {
        clearTimeout(this.#timers.get(effect.timer));
        const expire = () => {
          this.#timers.delete(effect.timer);
          this.#around.enqueue({ type: 'expired', timer: effect.timer });
        };
        this.#timers.set(effect.timer, setTimeout(expire, effect.ms));
        return;
      }
      case 'clear-timer':
        clearTimeout(this.#timers.get(effect.timer));
        this.#timers.delete(effect.timer);
        return;
    }
  }

  #admit(serial: number): void {
    const worker = this.#workers.get(serial);
    // Before it is told: not even its first request is answered at the priority of a booting worker.
    if (worker?.pid) this.#bootPriority.raise(worker.pid);
    worker?.admit(this.#around.listeners, ({ address }) => formatAddress(address));
  }

  /** It would serve at a low priority for as long as it lives. */
  #replace(pid: number): void {
    for (const [serial, worker] of this.#workers) {
      if (worker.pid !== pid) continue;
      const by = 'a priority that cannot be raised';
      this.#around.enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by } });
    }
  }

  #drain({ serial, emptyQueue, ...order }: Extract<Effect, { do: 'drain' }>): void {
    const { do: _do, ...rest } = order;
    // Where somebody else holds the socket too, what waits is theirs, and the backlog is not ours to change.
    const last = emptyQueue && this.#around.listeners.every(({ source }) => source !== 'systemd');
    this.#workers.get(serial)?.drain({ ...rest, ...(last && { emptyQueue }) });
  }

  /** Old code is not kept anywhere: a crash would bring the new one in, without its having been judged. */
  #warnIfOverwritten(generation: number, release: Release): void {
    if (this.#overwritten.has(generation) || !isOverwritten(release)) return;
    this.#overwritten.add(generation);
    this.#around.log.warn(
      { event: 'overwritten', generation },
      `${release.appFile} has been changed since gen=${generation} was loaded: a worker that starts now has the new code; deploy each release into a folder of its own`,
    );
  }

  #spawn({ serial, slot, generation }: SpawnEffect): void {
    const { enqueue, hooks, lastWords, statusUdp, releaseOf, workerFile, env, privileges } = this.#around;
    const release = releaseOf(generation);
    const missing = missingOf(release);
    if (missing !== undefined) {
      enqueue({ type: 'worker-load-failed', serial, message: missing });
      return enqueue({ type: 'worker-exited', serial, code: null, signal: null });
    }
    this.#warnIfOverwritten(generation, release);
    const status = statusUdp?.expect((report) => enqueue({ type: 'worker-probed', serial, report }));
    const identity = { slot, generation };
    const environment = workerEnv(release, env, privileges.identity);
    const handle = new WorkerHandle({
      onSpawned: (pid) => {
        const { bootNice, bootTimeout } = release.config;
        const beside = this.#around.others([]).length > 0 || this.#around.isFollowing();
        if (beside) this.#bootPriority.lower(pid, bootNice, bootTimeout / 2);
        lastWords.listen(pid, { generation, lastLines: () => handle.lastLines });
        enqueue({ type: 'worker-spawned', serial, pid });
      },
      onMessage: (message, connection) => this.#receive(serial, message, connection),
      onExited: (code, signal) => {
        this.#workers.delete(serial);
        const words = this.#wordsFor(serial, handle, code, signal);
        this.vitals.forget(serial);
        this.#recycler.gone(serial);
        this.#hangs.gone(serial);
        if (handle.pid) this.#bootPriority.forget(handle.pid);
        status?.forget();
        // Before the event: the last worker's end leads straight to onExit.
        void hooks.run('childExit', { ...identity, pid: handle.pid, log: hooks.log });
        enqueue({ type: 'worker-exited', serial, code, signal, ...(words && { words }) });
        if (handle.pid) lastWords.forget(handle.pid);
        if (this.#around.others([]).length === 0) this.#bootPriority.raiseAll();
        this.#gate.exited(serial, true);
        // After it: who takes over is decided without the one that is gone.
        this.traffic.gone(serial);
      },
    });
    this.#workers.set(serial, handle);
    this.#hangs.add(serial, {
      identity,
      cwd: release.cwd,
      timeoutMs: release.config.timeout,
      doorClosed: isDoorClosed(environment),
      handle,
    });
    this.#recycler.born(serial, identity, release.config, performance.now());
    const { identity: runAs, umask } = privileges;
    const boot = bootOrder(release, identity, status, this.#compileCache.folderOf(release), umask);
    const request = { exec: workerFile, cwd: release.cwd, env: environment, runAs, boot };
    const start = () => handle.start(request);
    // Without the hook the fork is synchronous: nothing waits for a promise that nobody asked for.
    if (hooks.has('preFork')) void hooks.run('preFork', { ...identity, log: hooks.log }).then(start);
    else start();
  }

  /** What it has died of; undefined for a process that has never been there, or that we have killed. */
  #wordsFor(serial: number, handle: WorkerHandle, code: number | null, signal: string | null) {
    if (handle.isKilled || (code === null && signal === null)) return undefined;
    const oomKills = signal === 'SIGKILL' && this.#oomKills.claim(performance.now()) ? 1 : 0;
    const rss = this.vitals.of(serial)?.rss;
    const { lastLines } = handle;
    return describeEnd({ code, signal, lastLines, oomKills, rss, memoryLimit: memoryLimit(os.totalmem()) });
  }

  #receive(serial: number, message: Exclude<ToMaster, { type: 'up' }>, connection: unknown): void {
    const { enqueue, log } = this.#around;
    switch (message.type) {
      case 'loaded':
        return enqueue({ type: 'worker-loaded', serial, kind: message.kind });
      case 'load-failed': {
        const { code, message: text, detail } = message;
        return enqueue({
          type: 'worker-load-failed',
          serial,
          code,
          message: text,
          ...(detail && { detail }),
        });
      }
      case 'probed': {
        const { type: _type, ...report } = message;
        return enqueue({ type: 'worker-probed', serial, report });
      }
      case 'accepting':
        enqueue({ type: 'worker-accepting', serial });
        return this.traffic.opened(serial, message.immovable);
      case 'drained': {
        const { type: _type, ...report } = message;
        this.traffic.drained(serial, report);
        return enqueue({ type: 'worker-drained', serial, report });
      }
      case 'beat':
        this.vitals.beat(serial, message);
        this.#hangs.beat(serial, message.loopDelayMs);
        return this.#recycler.beat(serial, performance.now());
      case 'late':
        return this.#hangs.late(serial, message.loopDelayMs, message.requests);
      case 'waiting':
        return this.#hangs.waiting(serial, message.requests, message.more);
      case 'census':
        return this.traffic.count(serial, message.connections);
      case 'sample':
        return this.#gate.sample(serial, message);
      case 'hand-over':
        // Without one it is the app's doing: Node does not deliver it so.
        if (connection) this.traffic.offered(serial, message.id, connection as Connection);
        return;
      case 'sent':
        return this.traffic.sent(serial, message.upTo);
      case 'took':
        return this.traffic.took(serial, message.id);
      case 'declined':
        return this.traffic.declined(serial, message.id, message.reason);
      case 'leave-requested':
        return enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by: message.signal } });
      case 'also-listening': {
        const pid = this.#workers.get(serial)?.pid;
        log.info(
          { event: 'also-listening', pid, address: message.address },
          `the app also listens on ${message.address} (by node:cluster, not by tshorn) pid=${pid}`,
        );
        return;
      }
      case 'hook-failed': {
        const pid = this.#workers.get(serial)?.pid;
        log.error(
          { event: 'hook-failed', hook: message.hook, pid },
          `hook ${message.hook} failed in pid=${pid}: ${message.reason}`,
        );
        return;
      }
      case 'log': {
        const pid = this.#workers.get(serial)?.pid;
        const level = message.level === 'warn' || message.level === 'error' ? message.level : 'info';
        return log[level]({ event: 'worker-log', pid }, `pid=${pid}: ${message.text}`);
      }
    }
  }
}
