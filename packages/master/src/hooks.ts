/** Runs the hooks of the master. A hook that throws, rejects or never settles is logged, and the master continues. */
import type { Hooks as DeclaredHooks, HookLog, MasterHook, MasterInfo } from '@tshorn/config';
import { describeThrown, withDeadline } from '@tshorn/core';
import type { Logger } from './log.ts';

type Rest<Name extends MasterHook> = Required<DeclaredHooks>[Name] extends (
  master: MasterInfo,
  ...rest: infer R
) => unknown
  ? R
  : never;

export class Hooks {
  #hooks: DeclaredHooks = {};
  #timeout = 30_000;
  readonly #info: MasterInfo;
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();
  readonly #done = new Set<MasterHook>();
  /** The logger of the hooks. */
  readonly log: HookLog;

  constructor(log: Logger) {
    this.#log = log;
    this.log = {
      info: (text) => log.info(text),
      warn: (text) => log.warn(text),
      error: (text) => log.error(text),
    };
    this.#info = { pid: process.pid, log: this.log };
  }

  use(hooks: DeclaredHooks, timeoutMs: number): void {
    this.#hooks = hooks;
    this.#timeout = timeoutMs;
  }

  has(name: MasterHook): boolean {
    return this.#hooks[name] !== undefined;
  }

  /** Settles when the hook has, or at its deadline; never rejects. */
  run<Name extends MasterHook>(name: Name, ...rest: Rest<Name>): Promise<void> {
    const running = this.#run(name, rest);
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Runs the hook at the first call, and never again. */
  async runOnce(name: 'whenReady'): Promise<void> {
    if (this.#done.has(name)) return;
    this.#done.add(name);
    await this.run(name);
  }

  /** Settles when every hook that runs has settled or reached its deadline. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Resolves with the reason when the hook threw, rejected or did not settle in time. */
  async ask(
    name: MasterHook,
    hooks: DeclaredHooks,
    timeoutMs: number,
    rest: readonly unknown[] = [],
  ): Promise<string | undefined> {
    const hook = hooks[name] as ((master: MasterInfo, ...rest: unknown[]) => unknown) | undefined;
    if (!hook) return undefined;
    try {
      const expired = () => new Error(`did not settle within ${timeoutMs / 1000} s (--hook-timeout)`);
      await withDeadline((async () => hook(this.#info, ...rest))(), timeoutMs, expired);
      return undefined;
    } catch (error) {
      return describeThrown(error);
    }
  }

  async #run(name: MasterHook, rest: readonly unknown[]): Promise<void> {
    const reason = await this.ask(name, this.#hooks, this.#timeout, rest);
    if (reason === undefined) return;
    this.#log.error({ event: 'hook-failed', hook: name }, `hook ${name} failed: ${reason}`);
  }
}
