/**
 * Reports each notice to a list of sinks: the log, `--notify`, systemd, the listeners of the control socket and of
 * the library, the hooks. Each sink is isolated: one that throws costs no other sink the notice, and the master
 * nothing. Created by the master.
 */
import type { EventEmitter } from 'node:events';
import type { Config, Resolved } from '@tshorn/config';
import { describeThrown, leastWorkers } from '@tshorn/core';
import type { Notice } from './decide/notice.ts';
import { emitGuarded } from './emit-guarded.ts';
import type { Hooks } from './hooks.ts';
import { write } from './journal.ts';
import { LastWords } from './last-words.ts';
import type { Logger } from './log.ts';
import type { Notify } from './notify.ts';
import type { Observed } from './observed.ts';
import { stderrOutlet } from './outlet.ts';
import type { Service } from './systemd/service.ts';

/** Time that the reader of standard error is given for the last lines of the workers. */
const LAST_LINES_MS = 1_000;
/** Different failures of sinks that are logged; a sink that fails at every notice is logged once. */
const MOST_FAILURES = 50;

interface Sink {
  readonly name: string;
  /** Never waits; what it throws is logged. */
  report(notice: Notice): void;
}

interface Surroundings {
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly hooks: Hooks;
  /** Its listeners of `notice` are foreign code. */
  readonly emitter: EventEmitter;
  readonly observed: Observed;
}

export class Announcer {
  readonly lastWords = new LastWords();
  readonly #around: Surroundings;
  readonly #sinks: readonly Sink[];
  readonly #failures = new Set<string>();
  #notify: Notify | undefined;
  #service: Service | undefined;
  /** Settings of a release that has just been committed; its verdict still follows those before. */
  #next: Config | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
    const { log, emitter, hooks, observed } = around;
    this.#sinks = [
      { name: 'log', report: (notice) => write(log, notice) },
      { name: 'metrics', report: (notice) => observed.notice(notice) },
      { name: '--notify', report: (notice) => this.#notify?.announce(notice) },
      { name: 'systemd', report: (notice) => this.#service?.tell(notice) },
      {
        name: "listener of 'notice'",
        report: (notice) =>
          emitGuarded(emitter, 'notice', [notice], (error) => this.#failed("listener of 'notice'", error)),
      },
      { name: 'hooks', report: (notice) => runHooksOf(hooks, notice) },
    ];
  }

  /** @param follows the old master is still active, and speaks for the service */
  async open({ config }: Pick<Resolved, 'config'>, follows: boolean): Promise<void> {
    const { env, log } = this.#around;
    await this.#useNotify(config);
    // Loaded only where they are asked for: every start would pay for them.
    if (!env.NOTIFY_SOCKET) return;
    const { Service } = await import('./systemd/service.ts');
    this.#service = new Service(env, log);
    if (!follows) this.#service.begin(leastWorkers(config.workers));
  }

  /** The settings of a committed release hold from the next event on. */
  use(config: Config): void {
    this.#next = config;
  }

  async #useNotify({ notify: target }: Pick<Config, 'notify'>): Promise<void> {
    this.#notify?.close();
    this.#notify = target && new (await import('./notify.ts')).Notify(target);
  }

  /** Reports the notices of one event, in order. Never throws. */
  announce(notices: readonly Notice[]): void {
    for (const plain of notices) {
      let notice = plain;
      this.#guard('last lines', () => {
        notice = this.lastWords.addTo(plain);
      });
      for (const sink of this.#sinks) this.#guard(sink.name, () => sink.report(notice));
    }
    const config = this.#next;
    if (!config) return;
    this.#next = undefined;
    this.#around.log.level = config.logLevel;
    this.#useNotify(config).catch((error) => this.#failed('--notify', error));
  }

  #guard(name: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failed(name, error);
    }
  }

  #failed(name: string, error: unknown): void {
    const reason = describeThrown(error);
    const known = `${name}: ${reason}`;
    if (this.#failures.has(known) || this.#failures.size >= MOST_FAILURES) return;
    this.#failures.add(known);
    try {
      const text = `${name} failed: ${reason}; the same failure is not logged again`;
      this.#around.log.error({ event: 'sink-failed', sink: name }, text);
    } catch {
      // The log itself fails: nobody is left to tell.
    }
  }

  /** The new master is active: a STOPPING of this one would make systemd end the service. */
  yield(): void {
    void this.#service?.close();
    this.#service = undefined;
  }

  async close(): Promise<void> {
    this.#notify?.close();
    this.#notify = undefined;
    await this.#service?.close();
    await stderrOutlet.idle(LAST_LINES_MS);
  }
}

function runHooksOf(hooks: Hooks, notice: Notice): void {
  const changed = notice.event === 'resized' && notice.size !== notice.from;
  if (changed) void hooks.run('workersChanged', notice.size, notice.from);
  // The first worker serves, also where others fail to.
  if (notice.event === 'ready') void hooks.runOnce('whenReady');
}
