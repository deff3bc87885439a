/** Runs the hooks that live in the master. Whatever a hook does, the master goes on. */
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
  /** What hooks log with. */
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

  /** Settles when the hook has, or when its time is up; it never rejects. */
  async run<Name extends MasterHook>(name: Name, ...rest: Rest<Name>): Promise<void> {
    const hook = this.#hooks[name] as ((master: MasterInfo, ...rest: unknown[]) => unknown) | undefined;
    if (!hook) return;
    try {
      const expired = () => new Error(`did not settle within ${this.#timeout / 1000} s (--hook-timeout)`);
      await withDeadline((async () => hook(this.#info, ...rest))(), this.#timeout, expired);
    } catch (error) {
      this.#log.error({ event: 'hook-failed', hook: name }, `hook ${name} failed: ${describeThrown(error)}`);
    }
  }
}
