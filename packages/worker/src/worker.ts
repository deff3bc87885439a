/**
 * The inside of a worker; its outside, in the master, is master/src/worker-handle.ts. A worker obeys the master: it boots
 * (boot.ts), serves and drains (service.ts), and exits.
 */
import cluster from 'node:cluster';
import {
  type BootOrder,
  describeThrown,
  type Program,
  stackOf,
  type ToMaster,
  type ToWorker,
  TshornError,
  withDeadline,
} from '@tshorn/core';
import type { AccessLog } from './access-log/access-log.ts';
import type { ListeningHandle } from './app/listeners.ts';
import type { LoadedApp } from './app/load-app.ts';
import { listenError, queueOnly, type RawListener } from './app/stand-in.ts';
import { Boot } from './boot.ts';
import { type Channel, openChannel } from './channel.ts';
import { Attribution } from './containment/attribution.ts';
import { Containment } from './containment/containment.ts';
import { Stuck } from './containment/stuck.ts';
import { Front } from './front/front.ts';
import type { HandoffOrder } from './handoff.ts';
import { heartbeat } from './heartbeat.ts';
import type { Hooks } from './hooks.ts';
import { Leaving } from './leaving.ts';
import { Meter } from './meter.ts';
import { AppMetrics } from './metrics/app-metrics.ts';
import { askFrameworks } from './metrics/frameworks.ts';
import { Reporter } from './metrics/reporter.ts';
import { readOrder } from './order.ts';
import { OtherServers } from './others/other-servers.ts';
import { openOverload } from './overload/open.ts';
import { type Leave, Service } from './service.ts';
import { openTransport } from './transport/open-transport.ts';
import type { RawHandle, Transport } from './transport/transport.ts';

/** The master is gone: the worker finishes its requests within this time, and exits. */
const ORPHANED: Leave = { mode: 'graceful', deadlineMs: 10_000, handoff: false, park: false, orphaned: true };
/** An app's own clean-up has at least this time, even if its requests took the whole grace period. */
const LEAST_CLEANUP_MS = 1_000;

export class Worker {
  readonly #program: Program;
  readonly #channel: Channel;
  #hooks: Hooks | undefined;
  #app: LoadedApp | undefined;
  #transport: Transport | undefined;
  #service: Service | undefined;
  #containment: Containment | undefined;
  #accessLog: AccessLog | undefined;
  /** Absent with `--no-metrics`. */
  #reporter: Reporter | undefined;
  #statusPath = '';
  readonly #leaving = new Leaving(
    () => this.#statusPath,
    (text) => void this.#send({ type: 'log', level: 'warn', text }),
  );
  readonly #front = new Front((message) => void this.#send(message));
  #handles: ListeningHandle[] = [];
  #stopReporting = () => {};
  #applySettings = () => {};
  #workerInt: Promise<unknown> | undefined;
  #hasFailed = false;
  #appMetrics: AppMetrics | undefined;
  #endOverload: Awaited<ReturnType<typeof openOverload>>;
  readonly #attribution = new Attribution();
  readonly #stuck = new Stuck(this.#attribution, () => {
    this.#accessLog?.flush();
    this.#service?.countAnswers();
  });

  constructor(program: Program) {
    this.#program = program;
    this.#channel = openChannel({
      onMessage: (message, handle) => this.#obey(message, handle),
      onLeave: (signal) => void this.#send({ type: 'leave-requested', signal }),
      onWithheld: (signal) => {
        const text = `${signal} does not reach the app's own listener: the master handles it (docs/signals.md)`;
        void this.#send({ type: 'log', level: 'info', text });
      },
      onUncaught: (thrown, origin) => this.#containment?.contain(thrown, origin) ?? false,
      onExit: () => {
        this.#reporter?.sendLast();
        this.#service?.rescueAtExit();
        this.#accessLog?.finish();
      },
      onDisconnect: () => {
        // The master was the reader: from now on a line of the app would end the worker (EPIPE).
        for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
        void this.#leave(ORPHANED);
        this.#service?.abandon();
        this.#front.abandon();
        // No master is left to end an app whose clean-up does not.
        setTimeout(() => process.exit(1), ORPHANED.deadlineMs + LEAST_CLEANUP_MS).unref();
      },
    });
    // Otherwise node:cluster exits at once when the channel closes, and cuts off the requests in flight.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    void this.#send({ type: 'up' });
  }

  #send(message: ToMaster, handle?: RawHandle): Promise<void> {
    return this.#channel.send(message, handle);
  }

  #obey(message: ToWorker, handle: unknown): void {
    switch (message.type) {
      case 'boot':
        void this.#boot(message).catch((error) => this.#failToLoad(error));
        break;
      case 'listener':
        this.#handles.push({ handle, ...message });
        break;
      case 'open':
        this.#open(message.backlog);
        break;
      case 'admit':
        void this.#accept();
        break;
      case 'attach':
        void this.#service?.attach(this.#handles.splice(0));
        break;
      case 'drain':
        if (message.failing === 'hang') {
          void this.#send({ type: 'turns-again', culprit: this.#stuck.settle() });
        }
        this.#containment?.ordered();
        void this.#leave(message);
        break;
      case 'last-to-accept':
        this.#service?.lastToAccept();
        break;
      case 'leaving':
      case 'staying':
        this.#leaving.become(message.type === 'leaving', this.#transport);
        break;
      case 'reopen-log':
        this.#accessLog?.reopen();
        break;
      case 'watch':
        this.#service?.watch(message.on);
        break;
      case 'certificates':
      case 'use-certificates':
      case 'ticket-keys':
        return this.#front.obey(message);
      default:
        this.#handOff(message, handle as RawHandle | undefined);
    }
  }

  #open(backlog: number): void {
    for (const { handle } of this.#handles.splice(0)) {
      const code = queueOnly(handle as RawListener, backlog);
      if (code !== 0) void this.#cannotListen(listenError(code));
    }
  }

  #handOff(order: HandoffOrder, handle: RawHandle | undefined): void {
    if (this.#service) this.#service.handOff(order, handle);
    else handle?.close();
  }

  async #boot(bootOrder: BootOrder): Promise<void> {
    const order = readOrder(bootOrder);
    const { options } = order;
    this.#statusPath = options.statusPath;
    const boot = new Boot(order, this.#program, (message) => this.#send(message));
    const endPause = await boot.openInspector();
    this.#accessLog = await boot.openAccessLog();
    this.#watchAppMetrics(options.appMetrics);
    const hooks = await boot.loadHooks();
    this.#hooks = hooks;
    const others = new OtherServers((text) => void this.#send({ type: 'log', level: 'warn', text }));
    if (options.metrics) askFrameworks();
    const app = await boot.loadApp(others);
    if (options.metrics) app.tellRoutes?.();
    endPause?.();
    this.#app = app;
    this.#applySettings = () => boot.applyServerSettings(app);
    const transport = await openTransport(app.server, options, order.addresses);
    this.#transport = transport;
    await this.#front.open(transport, options);
    const meter = new Meter(transport);
    this.#accessLog?.begin(app.server, meter);
    hooks.watchRequests(meter);
    if (options.metrics) this.#reporter = new Reporter(meter, this.#channel);
    this.#endOverload = await openOverload(transport, options, this.#reporter, (one) => this.#send(one));
    if (options.endpointLoadMetrics) (await import('./metrics/endpoint-load.ts')).tellEndpointLoad(meter);
    const service = new Service({
      transport,
      meter,
      others,
      options,
      send: (message, handle) => this.#send(message, handle),
      direct: this.#channel.direct,
      report: async () => this.#reporter?.send(),
      onForceClosed: () => hooks.run('workerAbort'),
      wayOf: (address, redirect) => this.#front.wayOf(address, redirect),
    });
    this.#service = service;
    this.#attribution.begin(app.server, meter);
    this.#containment = new Containment({
      crashGrace: options.crashGrace,
      meter,
      attribution: this.#attribution,
      isInService: () => service.isInService,
      stopAccepting: () => service.stopAccepting(),
      send: (message) => this.#send(message),
    });
    heartbeat(meter, this.#reporter, options, (one) => this.#send(one), order.heartbeats);
    if (order.examine) this.#applySettings();
    this.#stopReporting = await boot.postWorkerInit(transport, hooks);
  }

  /** Before any code of the user, which may load the library. */
  #watchAppMetrics(wanted: boolean): void {
    if (!wanted) return;
    this.#appMetrics = new AppMetrics((message) => this.#send(message));
    this.#appMetrics.watch();
  }

  async #failToLoad(error: unknown): Promise<void> {
    this.#hasFailed = true;
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

  async #accept(): Promise<void> {
    try {
      this.#stopReporting();
      this.#applySettings();
      await this.#service?.accept(this.#handles.splice(0));
    } catch (error) {
      return await this.#cannotListen(error);
    }
    await this.#reporter?.observeRuntime();
  }

  /** Until the first listen() the kernel lets two processes bind the same port. */
  #cannotListen(error: unknown): Promise<void> {
    const { code, message } = error as NodeJS.ErrnoException;
    const taken = code === 'EADDRINUSE';
    return this.#failToLoad(taken ? new TshornError('ERR_ADDRESS_IN_USE', `bind: ${message}`) : error);
  }

  async #leave(order: Leave): Promise<void> {
    if (order.mode === 'quick') this.#workerInt ??= this.#hooks?.run('workerInt');
    if (!this.#app || !this.#service) process.exit(this.#hasFailed ? 1 : 0);
    if (!(await this.#service.leave(order))) return;
    await this.#endOverload?.();
    // As Node ends after an exception: without the app's clean-up.
    if (order.failing || this.#containment?.isFailing) {
      await this.#stuck.settleInspector();
      await this.#appMetrics?.last();
      this.#containment?.exit();
    }
    await this.#exit(this.#app, Math.max(LEAST_CLEANUP_MS, this.#service.leftMs));
  }

  /** After the last request: the app's own clean-up, as if SIGTERM had come only now. */
  async #exit(app: LoadedApp, withinMs: number): Promise<void> {
    this.#stopReporting();
    await this.#workerInt;
    await this.#hooks?.run('workerExit');
    try {
      await withDeadline(app.close?.(), withinMs, () => new Error('close() did not settle in time'));
    } catch (error) {
      await this.#send({ type: 'hook-failed', hook: `${app.kind} close`, reason: describeThrown(error) });
    }
    await this.#appMetrics?.last();
    if (!this.#channel.signals.cleanUp()) process.exit(0);
  }
}
