/** Runs the hooks that live in the worker; each failure is told by name and ends nothing by itself. */
import diagnostics from 'node:diagnostics_channel';
import type http from 'node:http';
import type { Hooks as DeclaredHooks, WorkerHook, WorkerInfo } from '@tshorn/config';
import { describeThrown, stackOf, withDeadline } from '@tshorn/core';

type LifecycleHook = Exclude<WorkerHook, 'preRequest' | 'postRequest'>;

export class Hooks {
  readonly #hooks: DeclaredHooks;
  readonly #info: WorkerInfo;
  readonly #timeout: number;
  readonly #report: (hook: string, reason: string) => void;
  readonly #told = new Set<string>();

  constructor(
    hooks: DeclaredHooks,
    info: WorkerInfo,
    timeout: number,
    report: (hook: string, reason: string) => void,
  ) {
    this.#hooks = hooks;
    this.#info = info;
    this.#timeout = timeout;
    this.#report = report;
  }

  static async load(file: string | undefined): Promise<DeclaredHooks> {
    if (file === undefined) return {};
    // Loaded only where there are hooks: a worker starts lean.
    const { loadHooks } = await import('@tshorn/config/read-file');
    return loadHooks(file);
  }

  has(name: WorkerHook): boolean {
    return this.#hooks[name] !== undefined;
  }

  /** Resolves with the reason when the hook threw, rejected or did not settle in time. */
  async run(name: LifecycleHook): Promise<string | undefined> {
    const hook = this.#hooks[name];
    if (!hook) return undefined;
    try {
      const expired = () => new Error(`did not settle within ${this.#timeout / 1000} s (--hook-timeout)`);
      await withDeadline(hook(this.#info), this.#timeout, expired);
      return undefined;
    } catch (error) {
      process.stderr.write(`${name}: ${stackOf(error)}\n`);
      const reason = describeThrown(error);
      this.#report(name, reason);
      return reason;
    }
  }

  /** Subscribes only where the config declares the hook: an app without them pays nothing. */
  watchRequests(server: http.Server): void {
    const { preRequest, postRequest } = this.#hooks;
    type Moment = { request: http.IncomingMessage; response: http.ServerResponse; server: http.Server };
    if (preRequest) {
      diagnostics.subscribe('http.server.request.start', (message) => {
        const moment = message as Moment;
        if (moment.server !== server) return;
        this.#guard('preRequest', () => preRequest(this.#info, moment.request));
      });
    }
    if (postRequest) {
      diagnostics.subscribe('http.server.response.finish', (message) => {
        const moment = message as Moment;
        if (moment.server !== server) return;
        this.#guard('postRequest', () => postRequest(this.#info, moment.request, moment.response));
      });
    }
  }

  /** A hook that fails on every request is told once, not once a request. */
  #guard(name: string, run: () => unknown): void {
    const failed = (error: unknown) => {
      if (this.#told.has(name)) return;
      this.#told.add(name);
      this.#report(name, `${describeThrown(error)} (further failures of this hook are not told)`);
    };
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
