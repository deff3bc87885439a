/** Runs the hooks of a worker. A hook that fails is reported by its name, and ends nothing by itself. */
import type { Hooks as DeclaredHooks, WorkerHook, WorkerInfo } from '@tshorn/config';
import { describeThrown, stackOf, withDeadline } from '@tshorn/core';
import type { Meter } from './meter.ts';

type LifecycleHook = Exclude<WorkerHook, 'preRequest' | 'postRequest'>;

export class Hooks {
  readonly #hooks: DeclaredHooks;
  readonly #info: WorkerInfo;
  readonly #timeout: number;
  readonly #report: (hook: string, reason: string) => void;
  readonly #reported = new Set<string>();

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
    // Loaded only for an app with hooks: a worker starts lean.
    const { loadHooks } = await import('@tshorn/config/read-file');
    return loadHooks(file);
  }

  has(name: WorkerHook): boolean {
    return this.#hooks[name] !== undefined;
  }

  /** Resolves with the reason when the hook throws, rejects or does not settle within `--hook-timeout`; never rejects. */
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

  /** Subscribes only to the hooks that the config declares: an app without them pays nothing. */
  watchRequests(meter: Meter): void {
    const { preRequest, postRequest } = this.#hooks;
    if (preRequest) {
      meter.listen({
        begun: ({ request }) => this.#guard('preRequest', () => preRequest(this.#info, request)),
      });
    }
    if (postRequest) {
      meter.listen({
        finished: ({ request, response }) =>
          this.#guard('postRequest', () => postRequest(this.#info, request, response)),
      });
    }
  }

  /** A hook that fails on every request is reported once, not once a request. */
  #guard(name: string, run: () => unknown): void {
    const failed = (error: unknown) => {
      if (this.#reported.has(name)) return;
      this.#reported.add(name);
      this.#report(name, `${describeThrown(error)} (further failures of this hook are not reported)`);
    };
    try {
      const result = run();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
