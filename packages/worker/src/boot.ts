/** Boots a worker: inspector, access log, hooks, app, probe, warm-up. The outcome of each is reported to the master. */
import { resolve } from 'node:path';
import type { HookLog } from '@tshorn/config';
import { describeRefusal, type ProbeReport, type Program, type ToMaster } from '@tshorn/core';
import type { AccessLog } from './access-log/access-log.ts';
import { worker as api } from './api.ts';
import { captureListen } from './app/listen-capture.ts';
import { type LoadedApp, loadApp } from './app/load-app.ts';
import { reportIfItStays } from './app/other-listeners.ts';
import { portsOf } from './app/same-port.ts';
import { applySettings, type ServerSettings } from './app/server-settings.ts';
import { keepOwnCode, useCompileCache, writeCompileCache } from './compile-cache.ts';
import { Hooks } from './hooks.ts';
import { answerLibraries } from './libraries.ts';
import type { Order } from './order.ts';
import type { OtherServers } from './others/other-servers.ts';
import { probe } from './probe.ts';
import type { Transport } from './transport/transport.ts';

type Send = (message: ToMaster) => Promise<void>;

export class Boot {
  readonly #order: Order;
  readonly #program: Program;
  readonly #send: Send;

  constructor(order: Order, program: Program, send: Send) {
    this.#order = order;
    this.#program = program;
    this.#send = send;
    const { slot, generation, appFile, compileCache, umask, options } = order;
    if (umask !== undefined) process.umask(umask);
    if (compileCache !== undefined) useCompileCache(compileCache);
    process.title = `tshorn: worker=${slot} gen=${generation}`;
    process.argv = [process.execPath, appFile, ...options.appArgs];
    Object.assign(api, { active: true, slot, generation });
  }

  /** @returns the function that ends the pause at the first statement of the app; undefined where there is no pause */
  async openInspector(): Promise<(() => void) | undefined> {
    const { inspector, appFile } = this.#order;
    if (!inspector) return undefined;
    const { WorkerInspector } = await import('./inspector.ts');
    const own = new WorkerInspector(this.#send);
    return own.open() && inspector.pause ? own.pauseAt(appFile) : undefined;
  }

  /** Before any code of the user, which may replace what it writes with. */
  async openAccessLog(): Promise<AccessLog | undefined> {
    const { options, given, slot, generation, release, check } = this.#order;
    const { accessLog: file } = options;
    if (file === '' || check) return undefined;
    const { AccessLog } = await import('./access-log/access-log.ts');
    return new AccessLog({
      file,
      options,
      skipGiven: given.has('accessLogSkip'),
      writer: { slot, generation, release, pid: process.pid },
      send: (message) => void this.#send(message),
    });
  }

  async loadHooks(): Promise<Hooks> {
    const { slot, generation, hooksFile, options } = this.#order;
    await this.#keepSocketFiles();
    const hooks = new Hooks(
      await Hooks.load(hooksFile),
      { slot, generation, pid: process.pid, log: this.#hookLog() },
      options.hookTimeout,
      (hook, reason) => void this.#send({ type: 'hook-failed', hook, reason }),
    );
    if (hooks.has('workerAbort')) this.#listenToAbort(hooks);
    await hooks.run('postFork');
    return hooks;
  }

  /** Before any code of the user. */
  async #keepSocketFiles(): Promise<void> {
    const { socketFiles = [], slot } = this.#order;
    if (socketFiles.length === 0) return;
    const { keepSocketFiles } = await import('./socket-files.ts');
    keepSocketFiles(socketFiles, (path) => {
      // The others would say the same.
      if (slot > 0) return;
      const text = `the app removes or renames ${path}; the file stays, because tshorn serves there, and removes it at the stop`;
      void this.#send({ type: 'log', level: 'info', text });
    });
  }

  get #serverSettings(): ServerSettings {
    const { options, given } = this.#order;
    return {
      ...options,
      keepAliveTimeoutGiven: given.has('keepAliveTimeout'),
      headersTimeoutGiven: given.has('headersTimeout'),
    };
  }

  /** A value that somebody gave wins over one that the app has set since, in a callback or a framework's plugin. */
  applyServerSettings({ server }: LoadedApp): void {
    applySettings(server, this.#serverSettings);
  }

  /** @param others gets the servers that the app opens beside the one that is served */
  async loadApp(others: OtherServers): Promise<LoadedApp> {
    const { appFile: file, exportName, options, addresses } = this.#order;
    const settings = this.#serverSettings;
    const hints = {
      appPort: options.appPort,
      envPort: process.env.PORT,
      boundPorts: portsOf(addresses ?? []),
      exportNamed: exportName !== undefined,
    };
    const isReady = options.waitReady ? await this.#hearReadyMessage() : undefined;
    answerLibraries((library) => void this.#send({ type: 'asks-primary', library }));
    const capture = captureListen({
      addresses,
      hints,
      onAsked: (asked) => {
        if (!isServed(asked, this.#order)) void this.#send({ type: 'asked-elsewhere', asked });
      },
      onTwoServers: (two) => void this.#send({ type: 'two-servers', ...two }),
      onOther: (server, args) => {
        reportIfItStays(server, (address) => void this.#send({ type: 'also-listening', address }));
        if (!this.#order.check) others.add(server, args);
      },
      check: this.#order.check,
    });
    const tell = (level: 'info' | 'warn', text: string) => void this.#send({ type: 'loading', level, text });
    const spec = { file, ...(exportName && { exportName }), settings, hints };
    const app = await loadApp(spec, capture, tell);
    await isReady?.();
    await this.#send({ type: 'loaded', kind: app.kind });
    return app;
  }

  /** @returns what resolves when the app has sent its ready message */
  async #hearReadyMessage(): Promise<() => Promise<void>> {
    const { awaitReadyMessage, readyMessage } = await import('./ready-message.ts');
    const sent = readyMessage();
    return () => awaitReadyMessage(sent, (text) => void this.#send({ type: 'loading', level: 'info', text }));
  }

  /**
   * Runs the user's hook, then the probe, then the warm-up, and reports. Resolves with the function that ends the
   * reporting.
   */
  async postWorkerInit(transport: Transport, hooks: Hooks): Promise<() => void> {
    const { options, given, statusUdp, compileCache, ownCode } = this.#order;
    const start = performance.now();
    const failure = await hooks.run('postWorkerInit');
    const report: ProbeReport =
      failure === undefined
        ? await probe(
            transport,
            {
              ...options,
              statusPathGiven: given.has('statusPath'),
              probeAttemptsGiven: given.has('probeAttempts'),
            },
            (attempt) => this.#send({ type: 'probing', ...attempt }),
          )
        : { verdict: 'broken', reason: `postWorkerInit: ${failure}`, tookMs: performance.now() - start };
    // A broken worker will not serve.
    if (options.warmUp.length > 0 && report.verdict !== 'broken') await this.#warmUp(transport);
    // Now, because later a client would have to wait for it.
    if (compileCache !== undefined) writeCompileCache();
    keepOwnCode(this.#program, ownCode);
    this.#tellRefusal();
    if (this.#order.examine) {
      const { examine } = await import('./examine.ts');
      await this.#send({ type: 'examined', ...(await examine(transport, options)) });
    }
    if (statusUdp) {
      const { reportByUdp } = await import('./status-udp.ts');
      return reportByUdp(statusUdp, report);
    }
    await this.#send({ type: 'probed', ...report });
    return () => {};
  }

  #tellRefusal(): void {
    const { refused } = this.#program;
    if (!refused) return;
    const level = refused.isUnsafe ? 'warn' : 'info';
    void this.#send({ type: 'log', level, text: describeRefusal(refused) });
  }

  async #warmUp(transport: Transport): Promise<void> {
    const { warmUp: paths, warmUpRequests: requests, warmUpTimeout: timeout } = this.#order.options;
    const { warmUp } = await import('./warm-up.ts');
    const report = await warmUp({ paths, requests, timeout }, (question) => transport.ask(question));
    const tell = (level: 'info' | 'warn', text: string) => this.#send({ type: 'log', level, text });
    for (const failure of report.failures) {
      await tell('warn', `warm-up: ${failure}; the worker is admitted all the same`);
    }
    const { answered, tookMs } = report;
    await tell('info', `warm-up: ${answered}/${requests} requests in ${Math.round(tookMs)}ms`);
  }

  /** Listens only for the hook: without a listener SIGABRT ends even a worker that hangs. */
  #listenToAbort(hooks: Hooks): void {
    process.once('SIGABRT', async () => {
      await hooks.run('workerAbort');
      // If the app listens too, it decides what the signal does.
      if (process.listenerCount('SIGABRT') === 0) process.kill(process.pid, 'SIGABRT');
    });
  }

  #hookLog(): HookLog {
    const log = (level: 'info' | 'warn' | 'error') => (text: string) =>
      void this.#send({ type: 'log', level, text: String(text) });
    return { info: log('info'), warn: log('warn'), error: log('error') };
  }
}

/** Port 0 is any port. In a check nothing is served. */
function isServed(asked: string, { addresses, socketFiles }: Order): boolean {
  if (asked === '0' || addresses === undefined) return true;
  if (/^\d+$/.test(asked)) return addresses.some((address) => address.endsWith(`:${asked}`));
  return socketFiles?.includes(resolve(asked)) === true;
}
