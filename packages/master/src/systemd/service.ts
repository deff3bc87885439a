/**
 * The master as a service of systemd: tells it how the service is, and that it is alive. Made by the master
 * where systemd has set NOTIFY_SOCKET. Not the announcement of `--notify`, which is for deploy scripts:
 * notify.ts.
 */
import type { Notice } from '../decide/notice.ts';
import type { Logger } from '../log.ts';
import { NotifyProgram } from './notify-program.ts';
import { Report, WATCHDOG } from './report.ts';
import { watchdogInterval } from './watchdog.ts';

/** A third of the time that each message asks for. */
const PROGRESS_MS = 10_000;

/** The last words (why a start has failed) are worth a moment, but no stop waits long for them. */
const LAST_WORDS_MS = 2_000;

export class Service {
  readonly #report = new Report(process.pid);
  readonly #program: NotifyProgram;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #env: NodeJS.ProcessEnv;
  #speaks = false;

  /** @param env the master's, with NOTIFY_SOCKET and perhaps WATCHDOG_USEC and WATCHDOG_PID */
  constructor(env: NodeJS.ProcessEnv, log: Pick<Logger, 'warn'>) {
    this.#env = env;
    this.#program = new NotifyProgram(env, log);
  }

  /** The start of the service; where this master follows another one, its first word is `in-charge`. */
  begin(workers: number): void {
    this.#program.send(this.#report.starting(workers));
    this.#speak();
  }

  #speak(): void {
    this.#speaks = true;
    this.#every(PROGRESS_MS, () => {
      const message = this.#report.progress();
      if (message) this.#program.send(message);
    });
    const interval = watchdogInterval(this.#env, process.pid);
    // A timer of the loop that does everything else: when that hangs, so does this, and systemd acts.
    if (interval !== undefined) this.#every(interval, () => this.#program.send(WATCHDOG));
  }

  tell(notice: Notice): void {
    if (!this.#speaks && notice.event !== 'in-charge') return;
    if (!this.#speaks) this.#speak();
    // process.hrtime is CLOCK_MONOTONIC on Linux (uv__hrtime).
    const message = this.#report.of(notice, process.hrtime.bigint() / 1_000n);
    if (message) this.#program.send(message);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#program.idle(LAST_WORDS_MS);
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms).unref());
  }
}
