/**
 * `tshorn check`: boots one worker as a start would, and ends it when its probe has passed or failed. It binds no
 * address, opens no control socket, and touches nothing of a running server. The worker behaves differently in one
 * place, for `check` in its boot order: worker/src/app/listen-capture.ts.
 */
import type { Config, Resolved } from '@tshorn/config';
import { type Examination, type ProbeReport, type ToMaster, TshornError } from '@tshorn/core';
import { CompileCache } from './compile-cache.ts';
import { neverLoaded, SLOW_ATTEMPT_MS, stuckProbe } from './decide/supervise.ts';
import { endWorker } from './ending.ts';
import { describeExit } from './exit-reason.ts';
import { Hangs, ownDirectory } from './hang/hangs.ts';
import { Hooks } from './hooks.ts';
import { whyNoInspector } from './inspect/settings.ts';
import type { Logger } from './log.ts';
import { stderrOutlet } from './outlet.ts';
import { resolvePrivileges } from './privileges.ts';
import { checkReach } from './reach.ts';
import { bootOrder, resolveRelease, settingsOf, socketFilesOf } from './release.ts';
import { twoServers } from './routes.ts';
import type { CertificateFindings } from './tls/check-certificates.ts';
import { UnreadMessages } from './unread-messages.ts';
import { workerEnv } from './worker-env.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { OutputSink } from './worker-output.ts';

export interface CheckOptions {
  readonly resolved: Resolved;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** Gets the messages of the worker and the hooks. */
  readonly log: Logger;
  /** Ends the check early. */
  readonly signal?: AbortSignal;
  /** Gets the output of the worker, which is passed on otherwise. */
  readonly sink?: OutputSink;
  /** Ask the app what `tshorn doctor` wants to know. */
  readonly examine?: boolean;
}

export interface CheckReport {
  /** The kind that the app was recognised as. */
  readonly kind: string;
  readonly probe: ProbeReport;
  /** Milliseconds from the start of the worker until its probe passed. */
  readonly tookMs: number;
  /** Present with `examine`. */
  readonly examination: Examination | undefined;
  readonly leave: Leave;
}

/** The end of the worker after the check. */
export interface Leave {
  readonly tookMs: number;
  /** True: the worker had not ended after `LEAVE_MS`. */
  readonly killed: boolean;
}

/** The time that the worker gets to leave by itself: enough for an app's own clean-up, on a busy machine too. */
const LEAVE_MS = 5_000;

const PLACE = { slot: 0, generation: 1 };
const SERIAL = 1;

/**
 * Resolves when a worker has passed its probe and has ended. All hooks of the worker run, and the master's `preFork` and
 * `childExit`.
 * @throws TshornError with the exit code of a start that fails in this way; ERR_STATE when `signal` ends it
 */
export async function checkApp(options: CheckOptions): Promise<CheckReport> {
  const { resolved, log } = options;
  const { identity, umask } = resolvePrivileges(resolved.config);
  const release = resolveRelease(resolved);
  checkReach(release, identity, options.workerFile);
  for (const warning of await checkCertificates(resolved.config)) log.warn(warning);
  const hooks = new Hooks(log);
  hooks.use(resolved.config.hooks, resolved.config.hookTimeout);
  await hooks.run('preFork', { ...PLACE, log: hooks.log });

  const check = new Check(options);
  const compileCache = new CompileCache(log, options.env, identity).directoryOf(release);
  // A server may serve there.
  const socketFiles = socketFilesOf(resolved.config.bind);
  const order = bootOrder(release, PLACE, undefined, compileCache, umask);
  const boot = {
    ...order,
    socketFiles,
    check: true as const,
    ...(options.examine && { examine: true as const }),
  };
  const env = workerEnv(release, options.env, identity, PLACE.slot);
  let leave = { tookMs: 0, killed: false };
  try {
    const request = { exec: options.workerFile, cwd: release.cwd, env, boot, runAs: identity };
    const report = await check.play(request).finally(async () => {
      leave = await check.end();
    });
    return { ...report, leave };
  } finally {
    await hooks.run('childExit', { ...PLACE, pid: check.pid, log: hooks.log });
  }
}

/**
 * Likely mistakes in the certificates of a configuration, one line each.
 * @throws TshornError ERR_CERTIFICATE for those that cannot serve now
 */
export async function checkCertificates(config: Config): Promise<string[]> {
  if (config.certfile.length === 0) return [];
  return (await import('./tls/check-certificates.ts')).judgeCertificates(config);
}

/** Findings of `tshorn doctor` about them; undefined where there are none. */
export async function examineCertificates(config: Config): Promise<CertificateFindings | undefined> {
  if (config.certfile.length === 0) return undefined;
  return (await import('./tls/check-certificates.ts')).examine(config);
}

type Verdict = Omit<CheckReport, 'leave'>;

class Check {
  readonly #options: CheckOptions;
  readonly #handle: WorkerHandle;
  readonly #exited: Promise<void>;
  readonly #verdict: Promise<Verdict>;
  #pass: (verdict: Verdict) => void = () => {};
  #fail: (error: TshornError) => void = () => {};
  readonly #hangs: Hangs;
  readonly #unread: UnreadMessages;
  #startedAt = 0;
  #kind = '';
  #examination: Examination | undefined;
  #loading: string | undefined;
  #probing: string | undefined;
  #toldProbing = false;
  #deadline: NodeJS.Timeout | undefined;
  pid: number | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
    const { log, workerFile } = options;
    this.#hangs = new Hangs({
      log,
      own: ownDirectory(workerFile),
      onHung: () => {},
      takesRescued: () => false,
    });
    this.#unread = new UnreadMessages((level, _fields, text) => log[level](text));
    this.#verdict = new Promise((resolve, reject) => {
      this.#pass = resolve;
      this.#fail = reject;
    });
    let exited = () => {};
    this.#exited = new Promise((resolve) => {
      exited = resolve;
    });
    this.#handle = new WorkerHandle(
      {
        onSpawned: (pid) => {
          this.pid = pid;
        },
        onMessage: (message) => this.#receive(message),
        onMalformed: (problem) => log.warn(`the worker sent ${problem}; dropped`),
        onUnread: (message) => this.#unread.sent(this.pid, message),
        onFlood: (text) => {
          this.#fail(neverReady(`the worker ${text}`));
          this.#handle.kill();
        },
        onEnded: ({ code, signal, failure }) => {
          const how = failure?.reason ?? describeExit({ code, signal, lastLines: this.#handle.lastLines });
          this.#fail(neverReady(`the worker ended while booting: ${how}`));
          exited();
        },
      },
      options.sink,
    );
  }

  async play(request: Parameters<WorkerHandle['start']>[0]): Promise<Verdict> {
    const { signal, resolved } = this.#options;
    const interrupted = () => this.#fail(new TshornError('ERR_STATE', 'the check was interrupted'));
    signal?.addEventListener('abort', interrupted, { once: true });
    if (signal?.aborted) interrupted();
    else {
      const { config } = resolved;
      const { bootTimeout } = config;
      this.#within(bootTimeout, () => neverLoaded(bootTimeout, this.#loading));
      this.#startedAt = performance.now();
      const inspectorDisabled = whyNoInspector(config, request.env);
      const watched = {
        identity: PLACE,
        cwd: request.cwd,
        timeoutMs: 0,
        inspectorDisabled,
        handle: this.#handle,
      };
      this.#hangs.add(SERIAL, watched);
      this.#handle.start(request);
    }
    try {
      return await this.#verdict;
    } finally {
      clearTimeout(this.#deadline);
      signal?.removeEventListener('abort', interrupted);
    }
  }

  /** Resolves when nothing of the worker is left. */
  async end(): Promise<Leave> {
    if (this.pid === undefined) return { tookMs: 0, killed: false };
    const from = performance.now();
    let killed = false;
    // A worker that is not in service has nothing to finish; one that hangs does not read the order.
    this.#handle.drain({ mode: 'graceful', deadlineMs: 0, handoff: false, park: false });
    const timer = setTimeout(() => {
      killed = true;
      endWorker(this.#handle);
    }, LEAVE_MS);
    await this.#exited;
    clearTimeout(timer);
    const tookMs = performance.now() - from;
    // The error of the check comes after the output of the app.
    await stderrOutlet.idle(LEAVE_MS);
    return { tookMs, killed };
  }

  #within(ms: number, late: () => string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#fail(neverReady(late()));
      // The worker may be stuck, and would not read an order to leave.
      endWorker(this.#handle, () => this.#hangs.explain(SERIAL, 'never-came-up'));
    }, ms);
  }

  #receive(message: Exclude<ToMaster, { type: 'up' }>): void {
    const { log, resolved } = this.#options;
    switch (message.type) {
      case 'loading':
        this.#loading = message.text;
        return log[message.level](`the app is still loading: ${message.text}`);
      case 'loaded':
        this.#kind = message.kind;
        return this.#within(settingsOf(resolved.config).probeWindow, () => stuckProbe(this.#probing));
      case 'probing':
        this.#probing = message.reason;
        if (message.tookMs >= SLOW_ATTEMPT_MS && !this.#toldProbing) {
          this.#toldProbing = true;
          log.warn(`attempt ${message.attempt} of the probe failed, and more follow: ${message.reason}`);
        }
        return;
      case 'load-failed':
        return this.#fail(
          new TshornError('ERR_APP_THROWS', message.message, {
            ...(message.detail !== undefined && { detail: message.detail }),
          }),
        );
      case 'examined': {
        const { type: _type, ...examination } = message;
        this.#examination = examination;
        return;
      }
      case 'probed': {
        const { type: _type, ...probe } = message;
        if (probe.verdict === 'broken') return this.#fail(neverReady(probe.reason ?? 'the probe failed'));
        const tookMs = performance.now() - this.#startedAt;
        return this.#pass({ kind: this.#kind, probe, tookMs, examination: this.#examination });
      }
      case 'asks-primary':
        return this.#unread.asks(this.pid, message.library);
      case 'two-servers':
        return log.warn(twoServers(message));
      case 'also-listening':
        return log.info(`the app also listens on ${message.address}: not opened for the check`);
      case 'hook-failed':
        return log.error(`hook ${message.hook} failed: ${message.reason}`);
      case 'log':
        return log[message.level](message.text);
    }
  }
}

const neverReady = (reason: string) =>
  new TshornError('ERR_NEVER_READY', `no worker became ready: ${reason}`);
