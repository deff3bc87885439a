/**
 * The outside of a worker; its inside is worker/src/worker.ts. One process: started, spoken to, ended.
 * It decides nothing: what it learns becomes an event for the master's loop.
 */
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import {
  type BootOrder,
  type DrainOrder,
  envelope,
  SequenceSender,
  sharedClock,
  TAKE_WITHIN_MS,
  type ToMaster,
  type ToWorker,
} from '@tshorn/core';
import { refusePrivilegedListeners } from './cluster-guard.ts';
import { Inspector } from './hang/inspector.ts';
import { inspectorSettings } from './hang/inspector-settings.ts';
import { Inbox } from './inbox.ts';
import type { Listener } from './listeners.ts';
import { stderrOutlet } from './outlet.ts';
import type { Identity } from './privileges.ts';
import { type SpawnFailure, spawnFailure } from './spawn-failure.ts';
import { WorkerOutput } from './worker-output.ts';

export interface WorkerHandleEvents {
  onSpawned(pid: number): void;
  /** `handle` is the connection that came with a `hand-over`. */
  onMessage(message: Exclude<ToMaster, { type: 'up' }>, handle: unknown): void;
  /** Comes once, also for a process that could not be started. */
  onEnded(end: WorkerEnd): void;
  /** A message of the worker was dropped; the text says what is wrong with it. */
  onMalformed(problem: string): void;
  /** The worker floods the master: it is to be killed. */
  onFlood(text: string): void;
}

/** How a process ended; without code and signal for one that was never there. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not be started. */
  readonly failure?: SpawnFailure;
}

export interface SpawnRequest {
  /** File that the worker process runs. */
  readonly exec: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly boot: BootOrder;
  /** Undefined: as the master does. */
  readonly runAs: Pick<Identity, 'uid' | 'gid'> | undefined;
}

/** How long the last messages of a process that has ended may take to be read. */
const LAST_WORDS_MS = 1_000;
/** A process that the worker has started may hold its standard error open for as long as it lives. */
const LAST_LINES_MS = 200;

export class WorkerHandle {
  readonly #events: WorkerHandleEvents;
  #worker: ClusterWorker | undefined;
  #output: WorkerOutput | undefined;
  /** Reads along on the worker's standard error. */
  readonly inspector = new Inspector();
  #booted = false;
  #ended = false;
  #killed = false;
  readonly #taking = new SequenceSender((upTo) => this.#send({ type: 'sent', upTo }));

  constructor(events: WorkerHandleEvents) {
    this.#events = events;
  }

  /** Whether it is us who have killed it. */
  get isKilled(): boolean {
    return this.#killed;
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  get connected(): boolean {
    return this.#worker?.process.connected ?? false;
  }

  /** What it has written last on standard error. */
  get lastLines(): readonly string[] {
    return this.#output?.lastLines ?? [];
  }

  /** Starts the process. Never throws: a failure is an end. */
  start(request: SpawnRequest): void {
    // A hook may have taken its time, and the worker may not be wanted any more.
    if (this.#ended) return;
    try {
      this.#fork(request);
    } catch (error) {
      this.#end({ code: null, signal: null, failure: spawnFailure(error) });
    }
  }

  #fork({ exec, cwd, env, boot, runAs }: SpawnRequest): void {
    // Settings are those of the next fork: each worker gets the working directory of its release.
    const stdio = ['ignore', 'inherit', 'pipe', 'ipc'];
    // With one of the two libuv drops the supplementary groups as well (setgroups in uv__process_child_init).
    const { uid, gid } = runAs ?? {};
    cluster.setupPrimary({ exec, args: [], cwd, stdio, uid, gid, ...inspectorSettings(env) } as never);
    const worker = cluster.fork(env);
    this.#worker = worker;
    if (runAs) refusePrivilegedListeners(worker.process);
    if (worker.process.stderr) {
      this.#output = new WorkerOutput(worker.process.stderr, stderrOutlet);
      this.#output.intercept = (line) => this.inspector.readLine(line);
    }
    new Inbox({
      onMessage: (message, connection) => {
        if (message.type === 'up') this.#boot(boot);
        else this.#events.onMessage(message, connection);
      },
      onMalformed: (problem) => this.#events.onMalformed(problem),
      onFlood: (text) => this.#events.onFlood(text),
    }).listen(worker.process);
    // `error` comes when the process cannot be started or a message cannot be sent; `exit` tells the rest.
    worker.on('error', (error) => {
      if (worker.process.pid !== undefined) return;
      this.#end({ code: null, signal: null, failure: spawnFailure(error) });
    });
    this.#watchEnd(worker);
    if (worker.process.pid === undefined) return;
    this.#events.onSpawned(worker.process.pid);
  }

  /** Node drops what arrives before an ES module has set up its listener: the worker speaks first. */
  #boot(order: BootOrder): void {
    if (this.#booted) return;
    this.#booted = true;
    this.#send({ type: 'boot', ...order });
  }

  /** The kernel tells of the exit before the last messages and lines are read: all have to have come. */
  #watchEnd(worker: ClusterWorker): void {
    let exit: { code: number | null; signal: string | null } | undefined;
    let disconnected = false;
    let silent = this.#output === undefined;
    const endIfAll = () => {
      // 'disconnect' does not come at all when the worker has died with a connection on its way to it.
      disconnected ||= !worker.process.connected;
      if (exit && disconnected && silent) this.#end(exit);
    };
    const silence = () => {
      silent = true;
      endIfAll();
    };
    void this.#output?.ended.then(silence);
    worker.once('disconnect', () => {
      disconnected = true;
      endIfAll();
    });
    worker.once('exit', (code: number | null, signal: string | null) => {
      exit = { code, signal };
      endIfAll();
      setTimeout(silence, LAST_LINES_MS).unref();
      setTimeout(() => this.#end({ code, signal }), LAST_WORDS_MS).unref();
    });
  }

  #end(end: WorkerEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnded(end);
  }

  /** Gives the worker a descriptor of its own for each listener, then lets it accept. */
  admit(listeners: readonly Listener[], format: (listener: Listener) => string): void {
    for (const listener of listeners) {
      const order = { type: 'listener', address: format(listener) } as const;
      // keepOpen: the master's own descriptor must stay.
      this.#send(order, listener.handle);
    }
    this.#send({ type: 'admit', listeners: listeners.length });
  }

  announceLeaving(): void {
    this.#send({ type: 'leaving' });
  }

  drain(order: Omit<DrainOrder, 'type'>): void {
    this.#send({ type: 'drain', ...order });
  }

  /** A connection to own. The master keeps its descriptor until the worker says that it took it. */
  take(connection: unknown, resumer?: string): number {
    const id = this.#taking.next();
    const until = sharedClock() + TAKE_WITHIN_MS;
    this.#send({ type: 'take', id, until, ...(resumer !== undefined && { resumer }) }, connection);
    return id;
  }

  state(id: number, text: string | undefined): void {
    this.#send({ type: 'state', id, ...(text !== undefined && { text }) });
  }

  /** Its samples come as messages; said again, one comes at once. */
  watch(on: boolean): void {
    this.#send({ type: 'watch', on });
  }

  give(count: number): void {
    this.#send({ type: 'give', count });
  }

  handedOver(id: number): void {
    this.#send({ type: 'handed-over', id });
  }

  keep(id: number, reason: string): void {
    this.#send({ type: 'keep', id, reason });
  }

  /** Nothing else of the process is asked: Node opens it in the middle of whatever it does. */
  openInspector(): void {
    this.#worker?.process.kill('SIGUSR1');
  }

  kill(): void {
    this.#killed = true;
    if (this.#worker) this.#worker.process.kill('SIGKILL');
    else this.#end({ code: null, signal: 'SIGKILL' });
  }

  #send(message: ToWorker, handle?: unknown): void {
    const { process } = this.#worker ?? {};
    if (!process?.connected) return;
    // A worker that dies meanwhile is told by its exit; the error here says nothing more.
    process.send(envelope(message), handle as never, { keepOpen: true }, () => {});
  }
}
