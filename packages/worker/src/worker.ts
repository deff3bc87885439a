/**
 * The inside of a worker; its outside, in the master, is master/src/worker-handle.ts.
 * It boots when it is told to, serves what it is given, drains when it is asked, and then leaves.
 */
import cluster from 'node:cluster';
import type http from 'node:http';
import type { HookLog } from '@tshorn/config';
import {
  type BootOrder,
  type DrainOrder,
  describeThrown,
  type ProbeReport,
  stackOf,
  type ToMaster,
  type ToWorker,
  TshornError,
  withDeadline,
} from '@tshorn/core';
import { worker as api, type DrainNotice } from './api.ts';
import { captureFirstListen } from './app/listen-capture.ts';
import type { AttachedListeners, ListeningHandle } from './app/listeners.ts';
import { attachListeners } from './app/listeners.ts';
import { type LoadedApp, loadApp } from './app/load-app.ts';
import { askInProcess } from './ask-in-process.ts';
import { type Channel, openChannel } from './channel.ts';
import { Drain } from './drain.ts';
import { Handoff, type HandoffOrder } from './handoff.ts';
import { Hooks } from './hooks.ts';
import { immovableServer, type RawHandle } from './http-internals.ts';
import { probe } from './probe.ts';
import { Sampler } from './sample.ts';

/** How long an orphan goes on finishing its requests when its master is gone. */
const ORPHAN_GRACE_MS = 10_000;
/** What an app's own clean-up gets at the least, when its requests took the whole grace period. */
const LEAST_CLEANUP_MS = 1_000;

export class Worker {
  readonly #channel: Channel;
  #order: BootOrder | undefined;
  #hooks: Hooks | undefined;
  #app: LoadedApp | undefined;
  #handles: ListeningHandle[] = [];
  /** Settles when the worker accepts; undefined until it is admitted. */
  #attaching: Promise<AttachedListeners> | undefined;
  #stopReporting = () => {};
  /** The last order to drain. */
  #leaving: Omit<DrainOrder, 'type'> | undefined;
  #leaveBy = 0;
  /** Lets a parked worker go, or has it serve again. */
  #unpark: (leave: boolean) => void = () => {};
  #exiting = false;
  #immovable = '';
  #workerInt: Promise<unknown> | undefined;
  #drain: Drain | undefined;
  #handoff: Handoff | undefined;
  #sampler: Sampler | undefined;

  constructor() {
    this.#channel = openChannel({
      onMessage: (message, handle) => this.#obey(message, handle),
      onLeave: (signal) => void this.#send({ type: 'leave-requested', signal }),
      onDisconnect: () => {
        void this.#leave({ mode: 'graceful', deadlineMs: ORPHAN_GRACE_MS, handoff: false, park: false });
        this.#handoff?.abandon();
      },
    });
    // Otherwise node:cluster exits at once when the channel closes, cutting requests in flight.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    void this.#send({ type: 'up' });
  }

  #send(message: ToMaster, handle?: RawHandle): Promise<void> {
    return this.#channel.send(message, handle);
  }

  #obey(message: ToWorker, handle: unknown): void {
    switch (message.type) {
      case 'boot':
        void this.#boot(message);
        break;
      case 'listener':
        this.#handles.push({ handle, address: message.address });
        break;
      case 'admit':
        void this.#accept();
        break;
      case 'drain':
        void this.#leave(message);
        break;
      case 'watch':
        this.#watch(message.on);
        break;
      default:
        this.#obeyHandoff(message, handle as RawHandle | undefined);
    }
  }

  #watch(on: boolean): void {
    if (!on) return this.#sampler?.stop();
    // The master watches workers that are ready; one without an app has nothing to measure.
    if (!this.#app) return;
    this.#sampler ??= new Sampler(
      this.#app.server,
      (sample) => void this.#send({ type: 'sample', ...sample }),
    );
    this.#sampler.start();
  }

  #obeyHandoff(order: HandoffOrder, handle: RawHandle | undefined): void {
    if (this.#handoff) return this.#handoff.obey(order, handle);
    handle?.close();
    // The master asks nobody who cannot; but a drain may be faster than its order.
    if (order.type === 'take') void this.#send({ type: 'declined', id: order.id, reason: 'no-taker' });
  }

  async #boot(order: BootOrder): Promise<void> {
    this.#order = order;
    const { slot, generation, appFile, exportName } = order;
    process.title = `tshorn: worker=${slot} gen=${generation}`;
    process.argv = [process.execPath, appFile, ...order.appArgs];
    Object.assign(api, { active: true, slot, generation });

    const start = performance.now();
    try {
      this.#hooks = new Hooks(
        await Hooks.load(order.hooksFile),
        { slot, generation, pid: process.pid, log: this.#hookLog() },
        order.hookTimeout,
        (hook, reason) => void this.#send({ type: 'hook-failed', hook, reason }),
      );
      if (this.#hooks.has('workerAbort')) this.#listenToAbort(this.#hooks);
      await this.#hooks.run('postFork');
      const capture = captureFirstListen(
        (address) => void this.#send({ type: 'also-listening', address }),
        order.rehearsal,
      );
      const app = await loadApp(
        { file: appFile, ...(exportName && { exportName }), settings: order },
        capture,
      );
      this.#app = app;
      this.#hooks.watchRequests(app.server);
      await this.#send({ type: 'loaded', kind: app.kind, tookMs: performance.now() - start });
    } catch (error) {
      await this.#failToLoad(error);
      return;
    }
    await this.#postWorkerInit(order, this.#app);
  }

  /** Only for the hook: without a listener SIGABRT ends a worker that hangs, too. */
  #listenToAbort(hooks: Hooks): void {
    process.once('SIGABRT', async () => {
      await hooks.run('workerAbort');
      // The app may listen as well: then it is the app that decides what comes of the signal.
      if (process.listenerCount('SIGABRT') === 0) process.kill(process.pid, 'SIGABRT');
    });
  }

  #hookLog(): HookLog {
    const log = (level: 'info' | 'warn' | 'error') => (text: string) =>
      void this.#send({ type: 'log', level, text: String(text) });
    return { info: log('info'), warn: log('warn'), error: log('error') };
  }

  async #failToLoad(error: unknown): Promise<void> {
    const known = error instanceof TshornError;
    const detail = known ? error.detail : stackOf(error);
    await this.#send({
      type: 'load-failed',
      code: known ? error.code : 'ERR_APP_THROWS',
      message: known ? [error.message, error.fix].filter(Boolean).join('; ') : describeThrown(error),
      ...(detail !== undefined && { detail }),
    });
    process.exit(1);
  }

  /** The user's hook first, then the built-in one: the app's own `/_status`. */
  async #postWorkerInit(order: BootOrder, app: LoadedApp): Promise<void> {
    const start = performance.now();
    const failure = await this.#hooks?.run('postWorkerInit');
    const report: ProbeReport =
      failure === undefined
        ? await probe(app.server, order)
        : { verdict: 'broken', reason: `postWorkerInit: ${failure}`, tookMs: performance.now() - start };
    // One that is broken is not going to serve: there is nothing to warm up for.
    if (order.warmUp && report.verdict !== 'broken') await this.#warmUp(order.warmUp, app.server);
    if (order.statusUdp) {
      const { reportByUdp } = await import('./status-udp.ts');
      this.#stopReporting = reportByUdp(order.statusUdp, report);
    } else await this.#send({ type: 'probed', ...report });
  }

  async #warmUp(settings: NonNullable<BootOrder['warmUp']>, server: http.Server): Promise<void> {
    const { warmUp } = await import('./warm-up.ts');
    const report = await warmUp(settings, (question) => askInProcess(server, question));
    const tell = (level: 'info' | 'warn', text: string) => this.#send({ type: 'log', level, text });
    for (const failure of report.failures) {
      await tell('warn', `warm-up: ${failure}; the worker is admitted all the same`);
    }
    const { answered, tookMs } = report;
    await tell('info', `warm-up: ${answered}/${settings.requests} requests in ${Math.round(tookMs)}ms`);
  }

  async #accept(): Promise<void> {
    if (!this.#app) return;
    if (this.#drain) return this.#serveAgain(this.#drain);
    if (this.#leaving) return;
    this.#stopReporting();
    try {
      this.#attaching = attachListeners(this.#app, this.#handles, this.#order?.backlog ?? 511);
      this.#handles = [];
      this.#immovable = this.#inspect(this.#app.server, await this.#attaching);
      await this.#send({ type: 'accepting', immovable: this.#immovable });
    } catch (error) {
      // Until the first listen() the kernel lets two processes bind the same port.
      const { code, message } = error as NodeJS.ErrnoException;
      const taken = code === 'EADDRINUSE';
      await this.#failToLoad(taken ? new TshornError('ERR_ADDRESS_IN_USE', `bind: ${message}`) : error);
    }
  }

  /** Only now: a server has its list of connections from the moment that it listens. */
  #inspect(server: http.Server, listeners: AttachedListeners): string {
    const immovable = immovableServer(server);
    if (immovable) return immovable;
    this.#handoff = new Handoff(server, listeners, (message, handle) => this.#send(message, handle));
    return '';
  }

  /** A reload is taken back: the worker was draining, or parked. */
  async #serveAgain(drain: Drain): Promise<void> {
    const handles = this.#handles.splice(0);
    // It is on its way out, and cannot turn round: the master will see it end.
    if (this.#exiting) return;
    drain.cancel();
    this.#drain = undefined;
    this.#leaving = undefined;
    this.#unpark(false);
    const listeners = await this.#attaching;
    try {
      if (!(await listeners?.resume(handles))) return process.exit(1);
    } catch (error) {
      return this.#failToLoad(error);
    }
    this.#handoff?.serve();
    this.#emit('resume');
    await this.#send({ type: 'accepting', immovable: this.#immovable });
  }

  /** Asked again, it goes on with the new deadline. */
  async #leave(order: Omit<DrainOrder, 'type'>): Promise<void> {
    const { mode, deadlineMs, handoff } = order;
    const settings = { deadlineMs, lingerMs: mode === 'quick' ? 0 : (this.#order?.idleLinger ?? 0) };
    if (mode === 'quick' && this.#leaving?.mode !== 'quick') {
      this.#workerInt = this.#hooks?.run('workerInt');
    }
    const again = this.#leaving !== undefined;
    this.#leaving = order;
    this.#leaveBy = Date.now() + deadlineMs;
    if (again) {
      this.#drain?.hurry(settings);
      this.#unpark(true);
      return;
    }
    const app = this.#app;
    const listeners = await this.#attaching?.catch(() => undefined);
    // Not in service yet: there is nothing to finish.
    if (!app || !listeners) process.exit(0);

    this.#handoff?.endCensus();
    const drain = new Drain(app.server, listeners, settings, {
      handoff,
      giveaway: handoff ? this.#handoff?.giveaway : undefined,
      takeover: this.#handoff?.takeover,
    });
    this.#drain = drain;
    this.#emit('drain', { deadline: this.#leaveBy });
    const report = await drain.done;
    if (report) await this.#send({ type: 'drained', ...report });
    if (report?.cut) await this.#hooks?.run('workerAbort');
    // It may have been admitted again at any moment since.
    if (this.#drain !== drain || (this.#leaving.park && !(await this.#parked()))) return;
    this.#exiting = true;
    await listeners.close();
    await this.#exit(app, Math.max(LEAST_CLEANUP_MS, this.#leaveBy - Date.now()));
  }

  /** Resolves with whether the worker is to leave. */
  #parked(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#unpark = resolve;
    });
  }

  #emit(...event: ['drain', DrainNotice] | ['resume']): void {
    try {
      if (event[0] === 'drain') api.emit(...event);
      else api.emit(...event);
    } catch (error) {
      const hook = `worker.on('${event[0]}')`;
      void this.#send({ type: 'hook-failed', hook, reason: describeThrown(error) });
    }
  }

  /** After the last request: the app's own clean-up, as if the signal had come only now. */
  async #exit(app: LoadedApp, withinMs: number): Promise<void> {
    await this.#workerInt;
    await this.#hooks?.run('workerExit');
    try {
      await withDeadline(app.close?.(), withinMs, () => new Error('close() did not settle in time'));
    } catch (error) {
      await this.#send({ type: 'hook-failed', hook: `${app.kind} close`, reason: describeThrown(error) });
    }
    if (!this.#channel.releaseSignals()) process.exit(0);
    // Node's signal watcher does not keep the loop alive: without the timer it would end before the
    // app's listener has run. After that the process lives as long as the app's clean-up does.
    const alive = setTimeout(() => process.exit(0), withinMs);
    process.prependOnceListener('SIGTERM', () => {
      clearTimeout(alive);
      if (process.connected) process.disconnect();
    });
    process.kill(process.pid, 'SIGTERM');
  }
}
