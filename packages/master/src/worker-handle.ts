/**
 * The outside of a worker; its inside is worker/src/worker.ts. One process: started, sent messages to, ended. Created
 * by the Spawner for each process; it decides nothing.
 */
import type { Worker as ClusterWorker } from 'node:cluster';
import type { Readable } from 'node:stream';
import {
  type DrainOrder,
  envelope,
  formatAddress,
  SequenceSender,
  sharedClock,
  TAKE_WITHIN_MS,
  type ToMaster,
  type ToWorker,
} from '@tshorn/core';
import { forkWorker, type SpawnRequest } from './fork-worker.ts';
import { Inbox } from './inbox.ts';
import { Inspector } from './inspect/inspector.ts';
import type { Listener } from './listeners.ts';
import { stderrOutlet } from './outlet.ts';
import { type Exit, watchEnd } from './process-end.ts';
import { type SpawnFailure, spawnFailure } from './spawn-failure.ts';
import type { CertificateOrder } from './tls/certificates.ts';
import { type OutputSink, WorkerOutput } from './worker-output.ts';

export interface WorkerHandleEvents {
  /** The process is there. */
  onSpawned(pid: number): void;
  /** `handle` is the connection that came with a `hand-over`. */
  onMessage(message: Exclude<ToMaster, { type: 'up' }>, handle: unknown): void;
  /** Comes once, also for a process that could not be started. */
  onEnded(end: WorkerEnd): void;
  /** A message of the worker was dropped; the text says what is wrong with it. */
  onMalformed(problem: string): void;
  /** The app has sent a message that nobody reads. */
  onUnread(message: unknown): void;
  /** Watch mode: see Inbox. */
  readonly onFiles?: ((files: readonly string[]) => void) | undefined;
  /** See Inbox. */
  readonly isInTrouble?: (() => boolean) | undefined;
  /** It has printed something that passes through the master. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', data: Buffer) => void;
  /** The worker floods the master, which has to kill it. */
  onFlood(text: string): void;
}

/** How a process ended; without code and signal for one that was never there. */
export interface WorkerEnd extends Exit {
  /** Why it could not be started. */
  readonly failure?: SpawnFailure;
}

/** A connection, and the state that follows it. */
const CONNECTIONS: ReadonlySet<string> = new Set<ToMaster['type']>(['hand-over', 'state']);

export class WorkerHandle {
  readonly #events: WorkerHandleEvents;
  readonly #sink: OutputSink | undefined;
  #worker: ClusterWorker | undefined;
  /** Its standard error. */
  #output: WorkerOutput | undefined;
  /** Looks for the inspector's messages on the worker's standard error. */
  readonly inspector = new Inspector();
  #booted = false;
  #ended = false;
  #killed = false;
  /** How much it had written to standard error when it had drained, in bytes. */
  #drainedAt: number | undefined;
  readonly #taking = new SequenceSender((upTo) => this.#send({ type: 'sent', upTo }));

  /** @param sink of `--output-file`; without it, standard output is that of the master */
  constructor(events: WorkerHandleEvents, sink?: OutputSink) {
    this.#events = events;
    this.#sink = sink;
  }

  /** True when the master has killed it. */
  get isKilled(): boolean {
    return this.#killed;
  }

  /** Undefined before the start, and for a process that could not be started. */
  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  get connected(): boolean {
    return this.#worker?.process.connected ?? false;
  }

  /** The end of its standard error, at most 20 lines. */
  get lastLines(): readonly string[] {
    return this.#output?.lastLines ?? [];
  }

  /** Those that it has written since it drained; undefined for a worker that has not drained, or serves again. */
  get linesSinceDrained(): readonly string[] | undefined {
    return this.#drainedAt === undefined ? undefined : this.#output?.lastLinesSince(this.#drainedAt);
  }

  /** Starts the process. Never throws: a failure is an end. */
  start(request: SpawnRequest): void {
    // The worker may have been killed while preFork ran.
    if (this.#ended) return;
    try {
      this.#fork(request);
    } catch (error) {
      this.#worker?.process.kill('SIGKILL');
      this.#end({ code: null, signal: null, failure: spawnFailure(error) });
    }
    if (this.pid !== undefined) this.#events.onSpawned(this.pid);
  }

  #fork(request: SpawnRequest): void {
    const worker = forkWorker(request, this.#sink !== undefined);
    this.#worker = worker;
    const outputs = this.#readOutput(worker.process);
    new Inbox({
      onMessage: (message, connection) => {
        if (message.type === 'drained') this.#drainedAt = this.#output?.passedBytes;
        if (message.type === 'up') this.#boot(request);
        // After its end a worker has nothing to report; but of a connection that it sent, this may be the only copy.
        else if (!this.#ended || CONNECTIONS.has(message.type)) this.#events.onMessage(message, connection);
      },
      onMalformed: (problem) => {
        if (!this.#ended) this.#events.onMalformed(problem);
      },
      onUnread: (message) => this.#events.onUnread(message),
      onFiles: this.#events.onFiles,
      isInTrouble: this.#events.isInTrouble,
      onFlood: (text) => this.#events.onFlood(text),
    }).listen(worker.process);
    // `error` comes for a process that cannot be started and for a message that cannot be sent; `exit` follows the latter.
    worker.on('error', (error) => {
      if (worker.process.pid !== undefined) return;
      this.#end({ code: null, signal: null, failure: spawnFailure(error) });
    });
    watchEnd(worker, outputs, (exit) => this.#end(exit));
  }

  /** @returns all of its output that the master reads */
  #readOutput({ stdout, stderr }: ClusterWorker['process']): WorkerOutput[] {
    const { onOutput } = this.#events;
    const outputOf = (name: 'stdout' | 'stderr', source: Readable | null, sink: OutputSink) =>
      source ? [new WorkerOutput(source, sink, (data) => onOutput?.(name, data))] : [];
    const errors = outputOf('stderr', stderr, this.#sink ?? stderrOutlet);
    [this.#output] = errors;
    if (this.#output) this.#output.intercept = (line) => this.inspector.readLine(line);
    return this.#sink ? [...errors, ...outputOf('stdout', stdout, this.#sink)] : errors;
  }

  /** Node drops what arrives before an ES module has set up its listener: the worker speaks first. */
  #boot({ boot, open, beforeBoot }: SpawnRequest): void {
    if (this.#booted) return;
    this.#booted = true;
    // Before the app is loaded, which may block the worker for long.
    if (open) {
      this.#sendListeners(open.listeners, ({ address }) => formatAddress(address));
      this.#send({ type: 'open', backlog: open.backlog });
    }
    beforeBoot?.();
    this.#send({ type: 'boot', ...boot });
  }

  #end(end: WorkerEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnded(end);
  }

  /** Gives the worker a descriptor of its own for each listener, then lets it accept. */
  admit(listeners: readonly Listener[], format: (listener: Listener) => string): void {
    this.#drainedAt = undefined;
    this.#sendListeners(listeners, format);
    this.#send({ type: 'admit', listeners: listeners.length });
  }

  /** Gives a worker in service new descriptors for those that it has closed. */
  attach(listeners: readonly Listener[], format: (listener: Listener) => string): void {
    this.#sendListeners(listeners, format);
    this.#send({ type: 'attach' });
  }

  #sendListeners(listeners: readonly Listener[], format: (listener: Listener) => string): void {
    for (const listener of listeners) {
      const { redirect } = listener;
      const order = { type: 'listener', address: format(listener), ...(redirect && { redirect }) } as const;
      // keepOpen: the master's own descriptor must stay.
      this.#send(order, listener.handle);
    }
  }

  /** Orders about certificates. */
  readonly tell = (order: CertificateOrder): void => this.#send(order);

  /** The server asks for no new traffic, and serves on; or, with false, it does so no more. */
  announceLeaving(isLeaving: boolean): void {
    this.#send({ type: isLeaving ? 'leaving' : 'staying' });
  }

  /** Has the worker open its access log again. */
  reopenLog(): void {
    this.#send({ type: 'reopen-log' });
  }

  /** Orders the drain. A second order replaces the first one. */
  drain(order: Omit<DrainOrder, 'type'>): void {
    this.#send({ type: 'drain', ...order });
  }

  /** No other worker accepts any more: it may close its listeners. */
  lastToAccept(): void {
    this.#send({ type: 'last-to-accept' });
  }

  /** Offers a connection. The master keeps its descriptor until the worker answers with the returned number. */
  take(connection: unknown, resumer?: string, carry?: string): number {
    const id = this.#taking.next();
    const until = sharedClock() + TAKE_WITHIN_MS;
    const told = { ...(resumer !== undefined && { resumer }), ...(carry !== undefined && { carry }) };
    this.#send({ type: 'take', id, until, ...told }, connection);
    return id;
  }

  /** The state of a connection that the worker has taken; undefined when nobody knows it any more. */
  state(id: number, text: string | undefined): void {
    this.#send({ type: 'state', id, ...(text !== undefined && { text }) });
  }

  /** Makes the worker send samples, or stop. */
  watch(on: boolean): void {
    this.#send({ type: 'watch', on });
  }

  /** Has the worker hand over this many idle connections. */
  give(count: number, encrypted: boolean): void {
    this.#send({ type: 'give', count, encrypted });
  }

  /** Another worker has the connection that this one offered. */
  handedOver(id: number): void {
    this.#send({ type: 'handed-over', id });
  }

  /** No worker can take the connection that this one offered. */
  keep(id: number, reason: string): void {
    this.#send({ type: 'keep', id, reason });
  }

  /** Node opens it at once, also while JavaScript runs. */
  openInspector(): void {
    this.#worker?.process.kill('SIGUSR1');
  }

  /** Resolves when the process has exited; undefined for one that is not there. */
  exited(): Promise<unknown> | undefined {
    const exit = new Promise((resolve) => this.#worker?.once('exit', resolve));
    return this.#worker?.isDead() === false ? exit : undefined;
  }

  /** Ends the process at once; before its start, it is never started. */
  kill(): void {
    this.#killed = true;
    if (this.#worker) this.#worker.process.kill('SIGKILL');
    else this.#end({ code: null, signal: 'SIGKILL' });
  }

  #send(message: ToWorker, handle?: unknown): void {
    const { process } = this.#worker ?? {};
    if (!process?.connected) return;
    // The worker may die meanwhile: its exit reports that, and the error here adds nothing.
    process.send(envelope(message), handle as never, { keepOpen: true }, () => {});
  }
}
