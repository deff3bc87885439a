/**
 * The master: owns the listeners, the workers and the loop. It never runs application code. Signals,
 * messages, timers and callers only enqueue an event; one loop takes them one by one to decide() and
 * performs the effects. Created by the command line and by start(); it ends once, with an exit code.
 */
import { EventEmitter } from 'node:events';
import type { Resolved, UdpTarget } from '@tshorn/config';
import { reloadDifferences } from '@tshorn/config';
import { describeThrown, formatAddress, isComing, renderError, withDeadline } from '@tshorn/core';
import { checkBoundHandles } from './bound-handle.ts';
import type { Control } from './control/control.ts';
import { openControl } from './control/open.ts';
import { decide, initialState } from './decide/decide.ts';
import type { Effect, Event, Notice, Operation, State, StopMode } from './decide/model.ts';
import type { ReloadPlan } from './decide/plan.ts';
import { balanced, readyBeside, takersFor, watched } from './decide/queries.ts';
import type { Forecast } from './forecast.ts';
import { Hooks } from './hooks.ts';
import { write } from './journal.ts';
import { LastWords } from './last-words.ts';
import { bindAll, type Listener } from './listeners.ts';
import type { Log } from './log.ts';
import type { Notify } from './notify.ts';
import { Performer } from './perform.ts';
import { type Privileges, resolvePrivileges, warnOfRoot } from './privileges.ts';
import { checkReach } from './reach.ts';
import { type Release, resolveRelease, settingsOf } from './release.ts';
import { type MasterStatus, statusOf } from './status.ts';
import type { StatusUdp } from './status-udp.ts';
import { stderrSink } from './stderr-sink.ts';

export interface MasterOptions {
  readonly resolved: Resolved;
  /** Reads the config again, for a reload. Rejects when it is wrong: then the running one stays. */
  readonly resolveAgain: () => Promise<Resolved>;
  readonly log: Log;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What the workers wrote last may take so long to be written: whoever reads it may stand still. */
const LAST_LINES_MS = 1_000;

export class Master extends EventEmitter<{ notice: [Notice]; finished: [number] }> {
  readonly #options: MasterOptions;
  readonly #hooks: Hooks;
  readonly #releases = new Map<number, Release>();
  readonly #queue: Event[] = [];
  readonly #lastWords = new LastWords();
  #resolved: Resolved;
  #privileges: Privileges = {};
  #state: State;
  #performer: Performer | undefined;
  #listeners: Listener[] = [];
  #statusUdp: StatusUdp | undefined;
  #notify: Notify | undefined;
  #control: Promise<Control | undefined> | undefined;
  #looping = false;
  /** Whether a worker has ever been in service. */
  #inService = false;

  constructor(options: MasterOptions) {
    super();
    this.#options = options;
    this.#resolved = options.resolved;
    this.#hooks = new Hooks(options.log.logger);
    this.#state = initialState(settingsOf(options.resolved.config));
  }

  get #log() {
    return this.#options.log.logger;
  }

  /** Binds and starts the first workers. @throws TshornError when an address or the app is not there */
  async start(): Promise<void> {
    checkBoundHandles();
    const { config } = this.#resolved;
    this.#privileges = resolvePrivileges(config);
    warnOfRoot(this.#log, config);
    this.#releases.set(1, this.#releaseOf(this.#resolved));
    this.#hooks.use(config.hooks, config.hookTimeout);
    await this.#hooks.run('onStarting');
    this.#listeners = await bindAll(config.bind, config.unixMode, this.#privileges.identity);
    for (const { address } of this.#listeners) {
      const port = address.kind === 'tcp' ? { port: address.port } : {};
      const where = address.kind === 'tcp' ? `http://${formatAddress(address)}` : formatAddress(address);
      this.#log.info(
        { event: 'listening', address: formatAddress(address), ...port },
        `listening on ${where}`,
      );
    }
    // Loaded only where they are asked for: every start would pay for them.
    if (config.statusTransport === 'udp') {
      const { StatusUdp } = await import('./status-udp.ts');
      this.#statusUdp = await new StatusUdp(this.#log).open();
    }
    await this.#useNotify(config.notify);
    this.#performer = new Performer({
      log: this.#log,
      hooks: this.#hooks,
      lastWords: this.#lastWords,
      listeners: this.#listeners,
      statusUdp: this.#statusUdp,
      workerFile: this.#options.workerFile,
      env: this.#options.env,
      privileges: this.#privileges,
      releaseOf: (generation) => this.#releases.get(generation) as Release,
      takersFor: (serial, except) => takersFor(this.#state, serial, except),
      others: (serials) => readyBeside(this.#state, serials),
      handoff: () => this.#state.settings.handoff,
      balanced: () => balanced(this.#state),
      watched: () => watched(this.#state),
      enqueue: (event) => this.#enqueue(event),
    });
    this.#queue.unshift({ type: 'start' });
    this.#work();
    this.#control = openControl(this, this.#log, this.#resolved);
    if (process.pid === 1) void import('./zombies.ts').then(({ Zombies }) => new Zombies(this.#log).watch());
  }

  request(operation: Operation): void {
    this.#enqueue({ type: 'requested', operation });
  }

  stop(mode: StopMode, by: string): void {
    this.#enqueue({ type: 'stop-requested', mode, by });
  }

  async reopenLog(): Promise<void> {
    await this.#options.log.reopen();
    this.#log.info('log file reopened');
  }

  /** Takes back the reload under way; without one that can be taken back, the log says so. */
  abort(by: string): void {
    this.#enqueue({ type: 'abort-requested', by });
  }

  /** What a reload would do now, by the settings in force. */
  async forecast(kind?: ReloadPlan): Promise<Forecast> {
    const { forecastOf } = await import('./forecast.ts');
    return forecastOf(this.#state, this.#resolved.config, kind);
  }

  status(): MasterStatus {
    return statusOf({
      state: this.#state,
      listeners: this.#listeners,
      app: this.#releases.get(this.#state.committed)?.appFile,
      performer: this.#performer,
      now: performance.now(),
    });
  }

  #enqueue(event: Event): void {
    this.#queue.push(event);
    // What comes before the start (a HUP while `onStarting` runs) waits for it.
    if (this.#performer && !this.#looping) this.#work();
  }

  #work(): void {
    this.#looping = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const { state, effects } = decide(this.#state, next, performance.now());
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#looping = false;
    }
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'tell':
        return this.#tell(effect.notice);
      case 'prepare':
        void this.#prepare(effect.generation);
        return;
      case 'approve':
        void this.#approve(effect.generation);
        return;
      case 'close-listeners':
        // Until the end a client would wait in a queue that nobody empties, and be reset with it.
        for (const listener of this.#listeners) listener.close();
        return;
      case 'finish':
        void this.#finish(effect.exitCode);
        return;
      default:
        // An effect that the system refuses (EAGAIN for a fork) must not end the loop.
        try {
          this.#performer?.perform(effect);
        } catch (error) {
          this.#log.error(`${effect.do} failed: ${describeThrown(error)}`);
          if (effect.do === 'spawn') {
            this.#enqueue({ type: 'worker-exited', serial: effect.serial, code: null, signal: null });
          }
        }
    }
  }

  #tell(told: Notice): void {
    const notice = this.#lastWords.addTo(told);
    write(this.#log, notice);
    this.#notify?.announce(notice);
    if (notice.event === 'ready' && !this.#inService) {
      this.#inService = true;
      void this.#hooks.run('whenReady');
    }
    if (notice.event === 'resized') void this.#hooks.run('workersChanged', notice.size, notice.from);
    if (notice.event === 'reload-finished') {
      if (notice.outcome === 'committed') this.#useRelease(notice.generation);
      this.#forgetReleases();
    }
    this.emit('notice', notice);
  }

  /** @throws TshornError when the app is not there, or not for the user of the workers */
  #releaseOf(resolved: Resolved): Release {
    const release = resolveRelease(resolved);
    checkReach(release, this.#privileges.identity, this.#options.workerFile);
    return release;
  }

  /** Config and app are read anew for each reload; when they are wrong the running ones stay. */
  async #prepare(generation: number): Promise<void> {
    try {
      const { hookTimeout } = this.#resolved.config;
      const late = () =>
        new Error(`the config file did not settle within ${hookTimeout / 1000} s (--hook-timeout)`);
      const resolved = await withDeadline(this.#options.resolveAgain(), hookTimeout, late);
      const release = this.#releaseOf(resolved);
      await this.#hooks.run('onReload');
      this.#tellDifferences(resolved);
      this.#releases.set(generation, release);
      this.#enqueue({ type: 'prepared', generation, settings: settingsOf(resolved.config) });
    } catch (error) {
      this.#enqueue({ type: 'refused', generation, reason: renderError(error) });
    }
  }

  /** The new config's own `onCommit` may refuse: it knows its release. */
  async #approve(generation: number): Promise<void> {
    const config = this.#releases.get(generation)?.config;
    const reason = config && (await this.#hooks.ask('onCommit', config.hooks, config.hookTimeout));
    if (reason === undefined) this.#enqueue({ type: 'approved', generation });
    else this.#enqueue({ type: 'vetoed', generation, reason: `onCommit: ${reason}` });
  }

  /** What belongs to the master follows the release that has been committed, and never one that has not. */
  #useRelease(generation: number): void {
    const resolved = this.#releases.get(generation)?.resolved;
    if (!resolved) return;
    this.#resolved = resolved;
    this.#hooks.use(resolved.config.hooks, resolved.config.hookTimeout);
    this.#log.level = resolved.config.logLevel;
    void this.#useNotify(resolved.config.notify);
  }

  #tellDifferences(resolved: Resolved): void {
    const { needRestart } = reloadDifferences(this.#resolved.config, resolved.config);
    if (needRestart.length === 0) return;
    this.#log.warn(
      { event: 'needs-restart' },
      `changed, but only a restart applies it: ${needRestart.join(', ')}`,
    );
  }

  async #useNotify(target: UdpTarget | undefined): Promise<void> {
    this.#notify?.close();
    this.#notify = target && new (await import('./notify.ts')).Notify(target);
  }

  /** A release is kept as long as a worker of it lives or a slot would be refilled by it. */
  #forgetReleases(): void {
    const { workers, committed } = this.#state;
    const needed = new Set([committed]);
    for (const worker of Object.values(workers)) if (isComing(worker.state)) needed.add(worker.generation);
    for (const generation of this.#releases.keys())
      if (!needed.has(generation)) this.#releases.delete(generation);
  }

  async #finish(exitCode: number): Promise<void> {
    this.#statusUdp?.close();
    await this.#hooks.idle();
    await this.#hooks.run('onExit');
    await this.#useNotify(undefined);
    await (await this.#control)?.close();
    await stderrSink.idle(LAST_LINES_MS);
    await this.#options.log.ready;
    this.emit('finished', exitCode);
  }
}
