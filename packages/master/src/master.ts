/**
 * The master: owns the listeners, the workers and the loop (loop.ts). It never runs application code. Signals, messages,
 * timers and callers only enqueue an event. Created by the command line and by start(); it ends once, with an exit code.
 */
import { EventEmitter } from 'node:events';
import type { Resolved } from '@tshorn/config';
import { type ReloadPlan, stackOf } from '@tshorn/core';
import { ActiveFiles } from './active-files.ts';
import { readinessOf } from './admin/readiness.ts';
import { Announcer } from './announcer.ts';
import { checkBoundHandles } from './bound-handle.ts';
import { initialState } from './decide/decide.ts';
import type { Effect } from './decide/events.ts';
import type { Operation, StopMode } from './decide/model.ts';
import type { Notice } from './decide/notice.ts';
import type { DryRun } from './dry-run.ts';
import { emitGuarded } from './emit-guarded.ts';
import { Hooks } from './hooks.ts';
import type { Log } from './log.ts';
import { Loop } from './loop.ts';
import { Observed } from './observed.ts';
import { Opened } from './opened.ts';
import { Performer } from './perform.ts';
import { type Privileges, resolvePrivileges, warnOfRoot } from './privileges.ts';
import type { Command } from './re-exec/command.ts';
import type { OldMaster } from './re-exec/old-master.ts';
import { ReExec } from './re-exec/re-exec.ts';
import { type Release, settingsOf } from './release.ts';
import { Releases } from './releases.ts';
import { tellReopened } from './reopened.ts';
import { type MasterStatus, statusOf } from './status.ts';
import { View } from './view.ts';

export interface MasterOptions {
  readonly resolved: Resolved;
  /** Reads the config again, for a reload. Rejects when it is wrong; then the running one stays in force. */
  readonly resolveAgain: () => Promise<Resolved>;
  readonly log: Log;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command line that a re-exec repeats; absent: no re-exec is possible. */
  readonly command?: Command | undefined;
  /** The old master of a re-exec, which this one takes over from. */
  readonly oldMaster?: OldMaster | undefined;
}

export class Master extends EventEmitter<{ notice: [Notice]; finished: [number] }> {
  /** The figures of the server, for people and programs that look at it. */
  readonly observed = new Observed({
    status: () => this.status(),
    canServe: (of) => this.#loop.state.releases.some(({ generation }) => generation === of),
    serialOf: (pid) => this.#performer?.serialOf(pid),
    listeners: () => this.#opened.listeners,
    failed: (text) => this.#log.error({ event: 'sink-failed', sink: 'live' }, text),
    warn: (fields, text) => this.#log.warn(fields, text),
    lines: () => this.#options.log.recent,
    startedBy: () => (this.#options.oldMaster ? 're-exec' : 'start'),
  });
  readonly #options: MasterOptions;
  readonly #hooks: Hooks;
  readonly releases: Releases;
  readonly #announcer: Announcer;
  readonly #loop: Loop;
  #resolved: Resolved;
  #privileges: Privileges = {};
  #performer: Performer | undefined;
  readonly #opened = new Opened();
  readonly #reExec: ReExec;

  constructor(options: MasterOptions) {
    super();
    this.#options = options;
    this.#resolved = options.resolved;
    this.#hooks = new Hooks(options.log.logger);
    const settings = settingsOf(options.resolved.config);
    // A new master that cannot start must end: the old one waits for it.
    const state = initialState(options.oldMaster ? { ...settings, watch: false } : settings, process.pid);
    this.#announcer = new Announcer({
      log: this.#log,
      env: options.env,
      hooks: this.#hooks,
      emitter: this,
      observed: this.observed,
    });
    this.#loop = new Loop({
      log: this.#log,
      state,
      perform: (effect) => this.#perform(effect),
      announce: (notices) => this.#announcer.announce(notices),
    });
    this.releases = new Releases({
      ...options,
      log: options.log.logger,
      hooks: this.#hooks,
      certificates: () => this.#opened.certificates,
      identity: () => this.#privileges.identity,
      state: () => this.#loop.state,
      past: this.observed.reloads,
      enqueue: (event) => this.#loop.enqueue(event),
      tell: (notice) => this.#announcer.announce([notice]),
    });
    this.#reExec = new ReExec({
      ...options,
      state: () => this.#loop.state,
      listeners: () => this.#opened.passed,
      ticketKeys: this.#opened.ticketKeys,
      replaced: () => this.releases.replaced,
      timing: () => this.#resolved.config,
      tell: (notice) => this.#announcer.announce([notice]),
      relay: () => this.#performer?.traffic.relay,
      handOver: (kept, pid, takes) => this.#handOver(kept, pid, takes),
      takeOver: async () => this.#opened.files?.takeOver(),
      reclaim: async () => this.#opened.files?.reclaim(),
      becameActive: () => this.#opened.admin?.begin(),
    });
  }

  get #log() {
    return this.#options.log.logger;
  }

  /**
   * Binds and starts the first workers. A start that fails gives back everything that it has opened.
   * @throws TshornError when an address or the app is not there
   */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.#opened.closeListeners();
      await this.#close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    checkBoundHandles();
    const { config } = this.#resolved;
    const { oldMaster } = this.#options;
    const files = new ActiveFiles(this, this.#log, this.#resolved, oldMaster?.pid);
    this.#opened.files = files;
    this.#privileges = resolvePrivileges(config);
    warnOfRoot(this.#log, config);
    this.releases.add(1, this.#resolved);
    this.#hooks.use(config.hooks, config.hookTimeout);
    await this.#hooks.run('onStarting');
    await this.#opened.open(this.#resolved, {
      env: this.#options.env,
      log: this.#log,
      owner: this.#privileges.identity,
      inherited: oldMaster?.listeners,
      workerFile: this.#options.workerFile,
      notices: this,
      request: (operation) => this.request(operation),
      master: this,
      readiness: () => readinessOf(this.#loop.state, this.#resolved.config.readyWorkers),
      pushed: { observed: this.observed, logged: this.#options.log.counts },
    });
    await this.#announcer.open(this.#resolved, oldMaster !== undefined);
    if (!oldMaster) files.writePidFile();
    this.#performer = new Performer({
      log: this.#log,
      hooks: this.#hooks,
      lastWords: this.#announcer.lastWords,
      ...this.#opened.forWorkers,
      workerFile: this.#options.workerFile,
      env: this.#options.env,
      privileges: this.#privileges,
      releaseOf: (generation) => this.releases.of(generation) as Release,
      view: new View(() => this.#loop.state),
      otherMaster: this.#reExec,
      observed: this.observed,
      enqueue: (event) => this.#loop.enqueue(event),
    });
    this.#reExec.warnOfReturn(this.releases.of(1));
    const left = oldMaster?.listeners.state.left;
    if (left !== undefined) this.#loop.enqueue({ type: 'leave-requested', by: left });
    this.#loop.begin(this.releases.of(1)?.name, oldMaster?.listeners.state.scaled);
    if (oldMaster) this.#reExec.follow(this, config);
    else {
      void files.openControl();
      this.#opened.admin?.begin();
    }
    if (process.pid === 1)
      void import('./os/zombies.ts').then(({ Zombies }) => new Zombies(this.#log).watch());
  }

  request(operation: Operation): void {
    if (this.#reExec.refuses(`${operation.kind} by ${operation.by}`)) return;
    this.#loop.enqueue({ type: 'requested', operation });
  }

  /** Hands over to a new master of what the command line finds now. The log says what became of it. */
  reExec(by: string): void {
    this.#reExec.begin(by);
  }

  /** The new master is active: this one drains. */
  #handOver(kept: readonly string[], pid: number, takes: boolean): void {
    this.#opened.handOver(kept);
    this.#announcer.yield();
    const by = `master pid ${pid}, which is active`;
    this.#loop.enqueue({ type: 'stop-requested', mode: 'graceful', by, newMaster: takes });
    void this.#opened.files?.leave();
  }

  stop(mode: StopMode, by: string): void {
    this.#reExec.stop(mode, by);
    this.#loop.enqueue({ type: 'stop-requested', mode, by });
  }

  reopenLog(): void {
    const { log } = this.#options;
    const { output } = this.#opened;
    log.reopen();
    output?.renew();
    const accessLogs = this.releases.remakeAccessLogs();
    this.#performer?.reopenLogs();
    tellReopened(this.#log, [log.file ?? [], output?.file ?? [], accessLogs].flat());
  }

  /** Rolls back the reload under way; without one that can be rolled back, the log says so. */
  abort(by: string): void {
    this.#loop.enqueue({ type: 'abort-requested', by });
  }

  /** `leave`: out of the balancer until `stay` or a stop; everything is served on. The log says when that cannot be. */
  rotate(to: 'leave' | 'stay', by: string): void {
    if (!this.#reExec.refuses(`${to} by ${by}`)) this.#loop.enqueue({ type: `${to}-requested`, by });
  }

  /** Describes the reload that would happen now, by the settings in force. */
  async dryRun(kind?: ReloadPlan): Promise<DryRun> {
    const { dryRunOf } = await import('./dry-run.ts');
    return dryRunOf(this.#loop.state, this.#resolved.config, kind);
  }

  status(): MasterStatus {
    return statusOf({
      state: this.#loop.state,
      listeners: this.#opened.listeners,
      certificates: this.#opened.certificates,
      serving: this.releases.of(this.#loop.state.committed),
      cwd: this.#resolved.config.cwd,
      performer: this.#performer?.upToDate(),
      newMaster: this.#reExec.newMaster,
      now: performance.now(),
    });
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'prepare':
      case 'approve':
      case 'keep-releases':
        return this.releases.perform(effect);
      case 'use-release':
        return this.#useRelease(effect.generation);
      case 'close-listeners':
        // Otherwise a client would wait in a queue that nobody empties, and be reset with it.
        return this.#opened.closeListeners();
      case 'finish':
        void this.#finish(effect.exitCode);
        return;
      default:
        this.#performer?.perform(effect);
    }
  }

  /** The master's own settings follow a release that has been committed, and no other one. */
  #useRelease(generation: number): void {
    const resolved = this.releases.of(generation)?.resolved;
    if (!resolved) return;
    this.#resolved = resolved;
    this.#hooks.use(resolved.config.hooks, resolved.config.hookTimeout);
    this.#announcer.use(resolved.config);
    this.#opened.admin?.use(resolved.config);
  }

  async #finish(exitCode: number): Promise<void> {
    await this.#reExec.settled();
    await this.#hooks.idle();
    await this.#hooks.run('onExit');
    await this.#close();
    await this.#options.log.flush();
    emitGuarded(this, 'finished', [exitCode], (error) => this.logListenerError(error));
  }

  async #close(): Promise<void> {
    this.observed.close();
    await this.#opened.close();
    await this.#announcer.close();
  }

  /** Logs an error of a listener of the library's events. */
  logListenerError(error: unknown): void {
    this.#log.error({ event: 'sink-failed', sink: 'listener' }, `a listener failed: ${stackOf(error)}`);
  }
}
