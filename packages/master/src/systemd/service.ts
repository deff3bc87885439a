/**
 * The master as a service of systemd: reports its state and that it is alive. The master creates it where systemd has
 * set NOTIFY_SOCKET. The announcement of `--notify`, for deploy scripts, is notify.ts.
 */
import type { Notice } from '../decide/notice.ts';
import type { Logger } from '../log.ts';
import { NotifyProgram } from './notify-program.ts';
import { Report, WATCHDOG } from './report.ts';
import { watchdogInterval } from './watchdog.ts';

/** A third of the time that each message asks for. */
const PROGRESS_MS = 10_000;

/** The last message (why a start has failed) is worth a moment, but no stop waits long for it. */
const LAST_MESSAGE_MS = 2_000;

export class Service {
  readonly #report = new Report(process.pid);
  readonly #program: NotifyProgram;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #env: NodeJS.ProcessEnv;
  #reports = false;

  /** @param env environment of the master, with NOTIFY_SOCKET, and perhaps WATCHDOG_USEC and WATCHDOG_PID */
  constructor(env: NodeJS.ProcessEnv, log: Pick<Logger, 'warn'>) {
    this.#env = env;
    this.#program = new NotifyProgram(env, log);
  }

  /** Reports the start. A master that follows another one does not call it: it reports from `took-over` on. */
  begin(workers: number): void {
    this.#program.send(this.#report.starting(workers));
    this.#begin();
  }

  #begin(): void {
    this.#reports = true;
    this.#every(PROGRESS_MS, () => {
      const message = this.#report.progress();
      if (message) this.#program.send(message);
    });
    const interval = watchdogInterval(this.#env, process.pid);
    // A timer of the master's own event loop: when that hangs, so does this, and systemd restarts the service.
    if (interval !== undefined) this.#every(interval, () => this.#program.send(WATCHDOG));
  }

  tell(notice: Notice): void {
    if (!this.#reports && notice.event !== 'took-over') return;
    if (!this.#reports) this.#begin();
    // process.hrtime is CLOCK_MONOTONIC on Linux (uv__hrtime).
    const message = this.#report.of(notice, process.hrtime.bigint() / 1_000n);
    if (message) this.#program.send(message);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#program.idle(LAST_MESSAGE_MS);
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms).unref());
  }
}
