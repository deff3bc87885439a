/**
 * Starts a worker of a release, introduces it to those who look after the workers, and takes leave of it when
 * it has ended.
 */
import type { Attendants, Crew } from './attendants.ts';
import { CompileCache } from './compile-cache.ts';
import type { Effect } from './decide/model.ts';
import { describeExit } from './exit-reason.ts';
import { isDoorClosed } from './hang/inspector-flags.ts';
import { memoryLimit, OomKills } from './os/cgroup.ts';
import { bootOrder, isOverwritten, missingOf, type Release } from './release.ts';
import { type SpawnFailure, spawnFailure } from './spawn-failure.ts';
import type { Surroundings } from './surroundings.ts';
import { workerEnv } from './worker-env.ts';
import { WorkerHandle } from './worker-handle.ts';

type SpawnEffect = Extract<Effect, { do: 'spawn' }>;

export class Spawner {
  readonly #around: Surroundings;
  readonly #crew: Crew;
  readonly #attendants: Attendants;
  readonly #compileCache: CompileCache;
  readonly #oomKills = new OomKills();
  /** Generations that have been warned of. */
  readonly #overwritten = new Set<number>();
  /** Why the process of a worker, by serial, could not be started. */
  readonly #failures = new Map<number, string>();

  constructor(around: Surroundings, crew: Crew, attendants: Attendants) {
    this.#around = around;
    this.#crew = crew;
    this.#attendants = attendants;
    this.#compileCache = new CompileCache(around.log, around.env, around.privileges.identity);
  }

  /** Never throws: a failure becomes events, as if the worker had ended while it booted. */
  spawn(effect: SpawnEffect): void {
    const { serial } = effect;
    try {
      this.#begin(effect);
    } catch (error) {
      this.#notStarted(serial, spawnFailure(error));
      this.#exited(serial, undefined, null, null);
    }
  }

  #begin({ serial, slot, generation }: SpawnEffect): void {
    const { enqueue, hooks, statusUdp, releaseOf, workerFile, env, privileges } = this.#around;
    const { hangs, recycler } = this.#attendants;
    const release = releaseOf(generation);
    const missing = missingOf(release);
    if (missing !== undefined) {
      enqueue({ type: 'worker-load-failed', serial, message: missing });
      return enqueue({ type: 'worker-exited', serial, code: null, signal: null });
    }
    this.#warnIfOverwritten(generation, release);
    const identity = { slot, generation };
    const environment = workerEnv(release, env, privileges.identity);
    const compileCache = this.#compileCache.directoryOf(release);
    const status = statusUdp?.expect((report) => enqueue({ type: 'worker-probed', serial, report }));
    const handle = new WorkerHandle({
      onSpawned: (pid) => this.#spawned(serial, pid, handle, { generation, release }),
      onMessage: (message, connection) => this.#attendants.receive(serial, message, connection),
      onNotStarted: (failure) => this.#notStarted(serial, failure),
      onExited: (code, signal) => {
        status?.forget();
        // Before the event: the last worker's end leads straight to onExit.
        void hooks.run('childExit', { ...identity, pid: handle.pid, log: hooks.log });
        this.#exited(serial, handle, code, signal);
      },
    });
    this.#crew.set(serial, handle);
    hangs.add(serial, {
      identity,
      cwd: release.cwd,
      timeoutMs: release.config.timeout,
      doorClosed: isDoorClosed(environment),
      handle,
    });
    recycler.born(serial, identity, release.config, performance.now());
    const { identity: runAs, umask } = privileges;
    const boot = bootOrder(release, identity, status, compileCache, umask);
    const request = { exec: workerFile, cwd: release.cwd, env: environment, runAs, boot };
    const start = () => handle.start(request);
    // Without the hook the fork is synchronous: nothing waits for a promise that nobody asked for.
    if (hooks.has('preFork')) void hooks.run('preFork', { ...identity, log: hooks.log }).then(start);
    else start();
  }

  /** A failure that lasts is the release's, as one to load its app is; another one leaves the slot to its back-off. */
  #notStarted(serial: number, { reason, isPassing }: SpawnFailure): void {
    this.#failures.set(serial, reason);
    if (!isPassing) this.#around.enqueue({ type: 'worker-load-failed', serial, message: reason });
  }

  #spawned(
    serial: number,
    pid: number,
    handle: WorkerHandle,
    { generation, release }: { readonly generation: number; readonly release: Release },
  ): void {
    const { enqueue, lastWords, others, isFollowing } = this.#around;
    const { bootNice, bootTimeout } = release.config;
    const beside = others([]).length > 0 || isFollowing();
    if (beside) this.#attendants.bootPriority.lower(pid, bootNice, bootTimeout / 2);
    lastWords.listen(pid, { generation, lastLines: () => handle.lastLines });
    enqueue({ type: 'worker-spawned', serial, pid });
  }

  #exited(
    serial: number,
    handle: WorkerHandle | undefined,
    code: number | null,
    signal: string | null,
  ): void {
    const { enqueue, lastWords, others } = this.#around;
    const { vitals, recycler, hangs, bootPriority, gate, traffic, remaining } = this.#attendants;
    const pid = handle?.pid;
    this.#crew.delete(serial);
    const words = this.#failures.get(serial) ?? (handle && this.#wordsFor(serial, handle, code, signal));
    this.#failures.delete(serial);
    vitals.forget(serial);
    recycler.gone(serial);
    remaining.over(serial);
    hangs.gone(serial);
    if (pid !== undefined) bootPriority.forget(pid);
    enqueue({ type: 'worker-exited', serial, code, signal, ...(words && { words }) });
    if (pid !== undefined) lastWords.forget(pid);
    if (others([]).length === 0) bootPriority.raiseAll();
    gate.exited(serial, true);
    // After it: who takes over is decided without the one that is gone.
    traffic.gone(serial);
  }

  /** What it has died of; undefined for a process that has never been there, or that we have killed. */
  #wordsFor(serial: number, handle: WorkerHandle, code: number | null, signal: string | null) {
    if (handle.isKilled || (code === null && signal === null)) return undefined;
    const oomKills = signal === 'SIGKILL' && this.#oomKills.claim(performance.now()) ? 1 : 0;
    const rss = this.#attendants.vitals.of(serial)?.rss;
    const { lastLines } = handle;
    return describeExit({ code, signal, lastLines, oomKills, rss, memoryLimit: memoryLimit() });
  }

  /** Old code is not kept anywhere: a crash would bring the new one in, without its having been judged. */
  #warnIfOverwritten(generation: number, release: Release): void {
    if (this.#overwritten.has(generation) || !isOverwritten(release)) return;
    this.#overwritten.add(generation);
    this.#around.log.warn(
      { event: 'overwritten', generation },
      `${release.appFile} has been changed since gen=${generation} was loaded: a worker that starts now has the new code; deploy each release into a directory of its own`,
    );
  }
}
