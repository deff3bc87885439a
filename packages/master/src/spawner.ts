/** Starts the worker processes of a release, and reports their ends to the master's loop. Created by the Performer. */
import { randomUUID } from 'node:crypto';
import { describeWorker, formatAddress, memoryLimit, WATCH_VARIABLE, type WorkerState } from '@tshorn/core';
import type { Attendants } from './attendants.ts';
import { CompileCache } from './compile-cache.ts';
import type { Context } from './context.ts';
import type { Crew, CrewMember } from './crew.ts';
import type { Effect } from './decide/events.ts';
import { describeCleanUp, describeExit, whereToLook } from './exit-reason.ts';
import { fieldsOf } from './hang/warnings.ts';
import { takeInspector } from './inspect/take.ts';
import { withInstanceId } from './instance-id.ts';
import { OomKills } from './os/cgroup.ts';
import { bootOrder, missingOf, overwriting, type Release, socketFilesOf } from './release.ts';
import { route, routes } from './routes.ts';
import { type SpawnFailure, spawnFailure } from './spawn-failure.ts';
import { WorkerCode } from './worker-code.ts';
import { workerEnv } from './worker-env.ts';
import { type WorkerEnd, WorkerHandle } from './worker-handle.ts';

type SpawnEffect = Extract<Effect, { do: 'spawn' }>;

/** All connections of such a worker may be rescued; undefined: it has ended, and its last messages are being read. */
const IN_TROUBLE = new Set<WorkerState | undefined>(['hung', 'failing', 'killed', undefined]);

export class Spawner {
  readonly #context: Context;
  readonly #crew: Crew;
  readonly #attendants: Attendants;
  readonly #routes: ReturnType<typeof routes>;
  readonly #compileCache: CompileCache;
  readonly #oomKills = new OomKills();
  readonly #code: WorkerCode;
  /** Generations whose overwritten file has been logged. */
  readonly #overwritten = new Set<number>();

  constructor(context: Context, crew: Crew, attendants: Attendants) {
    this.#context = context;
    this.#crew = crew;
    this.#attendants = attendants;
    this.#routes = routes(context, attendants, crew);
    this.#compileCache = new CompileCache(context.log, context.env, context.privileges.identity);
    this.#code = new WorkerCode(context.log, context.env, context.privileges.identity);
  }

  /** Starts a worker. Never throws: a failure becomes events, as if the worker had ended while it booted. */
  spawn(effect: SpawnEffect): void {
    const { serial, generation } = effect;
    const { releaseOf } = this.#context;
    try {
      const release = releaseOf(generation);
      const missing = missingOf(release);
      if (missing !== undefined) return this.#notStarted(serial, { reason: missing, isPassing: false });
      this.#warnIfOverwritten(generation, release);
      this.#start(effect, release);
    } catch (error) {
      this.#notStarted(serial, spawnFailure(error));
    }
  }

  #start({ serial, slot, generation }: SpawnEffect, release: Release): void {
    const {
      hooks,
      workerFile,
      env,
      privileges,
      statusUdp,
      output,
      enqueue,
      listeners,
      watch,
      certificates,
      ticketKeys,
      view,
      observed,
    } = this.#context;
    const { identity: runAs, umask } = privileges;
    const identity = { slot, generation };
    watch?.expect(generation, release);
    const environment: NodeJS.ProcessEnv = {
      ...withInstanceId(workerEnv(release, env, runAs, slot), randomUUID),
      ...(watch && { [WATCH_VARIABLE]: '1' }),
    };
    const inspector = takeInspector(release.config, slot, environment, env);
    const compileCache = this.#compileCache.directoryOf(release);
    const status = statusUdp?.expect((report) => enqueue({ type: 'worker-probed', serial, report }));
    const addresses = listeners.map(({ address }) => formatAddress(address));
    const socketFiles = socketFilesOf(listeners.map(({ address }) => address));
    const order = bootOrder(release, identity, status, compileCache, umask);
    const code = release.config.compileCache ? this.#code.for(environment.NODE_OPTIONS) : {};
    // Nothing that throws comes between this and crew.add(): the place would stay taken.
    const heartbeats = this.#attendants.heartbeats.take(serial);
    const boot = {
      ...order,
      ...code.boot,
      addresses,
      socketFiles,
      ...(inspector && { inspector }),
      ...(heartbeats && { heartbeats: { place: heartbeats.place, file: heartbeats.file } }),
    };
    const request = {
      exec: workerFile,
      cwd: release.cwd,
      env: { ...environment, ...code.env },
      runAs,
      boot,
      ...(heartbeats && { heartbeatFd: heartbeats.fd }),
      beforeBoot: () => {
        ticketKeys.boot(serial);
        certificates?.boot(serial);
      },
      ...(watch && !view.hasServed && { open: { listeners, backlog: release.config.backlog } }),
    };
    const handle = new WorkerHandle(
      {
        onSpawned: (pid) => {
          this.#crew.spawned(worker, pid);
          enqueue({ type: 'worker-spawned', serial, pid });
        },
        onMessage: (message, connection) => route(this.#routes, serial, message, connection),
        onMalformed: (problem) => this.#malformed(worker, problem),
        onUnread: (message) => this.#attendants.unread.sent(handle.pid, message),
        onFiles: watch && ((files) => watch.loaded(generation, files)),
        isInTrouble: () => IN_TROUBLE.has(view.stateOf(serial)),
        onOutput: (stream, data) => observed.lines.output({ ...identity, pid: handle.pid, stream }, data),
        onFlood: (text) => this.#flooded(worker, text),
        onEnded: (end) => {
          status?.forget();
          this.#ended(worker, end);
        },
      },
      output,
    );
    const worker = { serial, identity, release, request, handle };
    this.#crew.add(worker);
    const start = () => handle.start(request);
    // Without the hook the fork is synchronous: nothing waits for a promise that nobody asked for.
    if (hooks.has('preFork')) void hooks.run('preFork', { ...identity, log: hooks.log }).then(start);
    else start();
  }

  /** There is no process, and nothing that waits for one. */
  #notStarted(serial: number, failure: SpawnFailure): void {
    this.#reportFailure(serial, failure);
    const { reason } = failure;
    this.#context.enqueue({ type: 'worker-exited', serial, code: null, signal: null, words: reason });
  }

  /** A failure that lasts is the release's, like an app that cannot be loaded; another one leaves the slot to its back-off. */
  #reportFailure(serial: number, { reason, isPassing }: SpawnFailure): void {
    if (!isPassing) this.#context.enqueue({ type: 'worker-load-failed', serial, message: reason });
  }

  /** The first one is logged: a worker that sends one may send thousands. */
  #malformed({ serial, identity, handle: { pid } }: CrewMember, problem: string): void {
    if (this.#attendants.vitals.malformed(serial) > 1) return;
    const worker = { ...identity, pid };
    this.#context.log.warn(
      { event: 'malformed-message', ...fieldsOf(worker) },
      `${describeWorker(worker)} sent ${problem}; dropped; further ones are only counted (tshorn status --json)`,
    );
  }

  #flooded({ identity, handle }: CrewMember, text: string): void {
    const worker = { ...identity, pid: handle.pid };
    this.#context.log.error(
      { event: 'flood', ...fieldsOf(worker) },
      `${describeWorker(worker)} ${text}: killed`,
    );
    handle.kill();
  }

  #ended(worker: CrewMember, end: WorkerEnd): void {
    const { hooks, enqueue, observed } = this.#context;
    const { serial, identity, handle } = worker;
    const { code, signal, failure } = end;
    // Its last one may be unread yet, and tells how much memory it held.
    this.#attendants.readLastHeartbeat(serial);
    // Before the event: the last worker's end leads straight to onExit.
    void hooks.run('childExit', { ...identity, pid: handle.pid, log: hooks.log });
    const words = failure?.reason ?? this.#describe(worker, code, signal);
    const see = whereToLook(handle.lastLines, worker.release.config.outputFile);
    // The registry forgets it with the rest.
    const inFlight = observed.registry.of(serial)?.active;
    this.#crew.remove(worker, () => {
      if (failure) this.#reportFailure(serial, failure);
      const rescued = this.#attendants.traffic.rescuedOf(serial);
      const told = {
        ...(words !== undefined && { words }),
        ...(rescued > 0 && { rescued }),
        ...(inFlight !== undefined && { inFlight }),
      };
      enqueue({ type: 'worker-exited', serial, code, signal, see, ...told });
    });
  }

  /** The cause of the end; undefined for a worker that the master has killed, or whose process was never there. */
  #describe({ serial, handle }: CrewMember, code: number | null, signal: string | null): string | undefined {
    if (handle.isKilled || (code === null && signal === null)) return undefined;
    const oomKills = signal === 'SIGKILL' && this.#oomKills.claim(performance.now()) ? 1 : 0;
    const rss = this.#attendants.vitals.of(serial)?.rss;
    const exit = { code, signal, oomKills, rss, memoryLimit: memoryLimit() };
    const { lastLines, linesSinceDrained } = handle;
    if (linesSinceDrained) return describeCleanUp({ ...exit, lastLines: linesSinceDrained });
    return describeExit({ ...exit, lastLines });
  }

  /** The old code is kept nowhere: after a crash a worker would bring the new code in, and no reload would judge it. */
  #warnIfOverwritten(generation: number, release: Release): void {
    // In watch mode the code changes all the time.
    if (this.#context.watch || this.#overwritten.has(generation)) return;
    const change = overwriting(release);
    if (change === undefined) return;
    this.#overwritten.add(generation);
    this.#context.log.warn(
      { event: 'overwritten', generation },
      `${change} since gen=${generation} was loaded: a worker that starts now runs the new code; deploy each release into a directory of its own`,
    );
  }
}
