/**
 * Tells each notice to whoever is outside of the master: the log, `--notify`, systemd. Created by the master;
 * silent towards systemd before this master is active, and after another one is.
 */
import type { Resolved, UdpTarget } from '@tshorn/config';
import type { Notice } from './decide/notice.ts';
import { write } from './journal.ts';
import { LastWords } from './last-words.ts';
import type { Logger } from './log.ts';
import type { Notify } from './notify.ts';
import { stderrOutlet } from './outlet.ts';
import type { Service } from './systemd/service.ts';

/** What the workers wrote last may take so long to be written: whoever reads it may stand still. */
const LAST_LINES_MS = 1_000;

export class Announcer {
  readonly lastWords = new LastWords();
  readonly #log: Logger;
  readonly #env: NodeJS.ProcessEnv;
  #notify: Notify | undefined;
  #service: Service | undefined;

  constructor(log: Logger, env: NodeJS.ProcessEnv) {
    this.#log = log;
    this.#env = env;
  }

  /** @param follows another master is active still, and speaks for the service */
  async open({ config }: Pick<Resolved, 'config'>, follows: boolean): Promise<void> {
    await this.useNotify(config.notify);
    // Loaded only where they are asked for: every start would pay for them.
    if (!this.#env.NOTIFY_SOCKET) return;
    const { Service } = await import('./systemd/service.ts');
    this.#service = new Service(this.#env, this.#log);
    if (!follows) this.#service.begin(config.workers);
  }

  async useNotify(target: UdpTarget | undefined): Promise<void> {
    this.#notify?.close();
    this.#notify = target && new (await import('./notify.ts')).Notify(target);
  }

  /** Returns the notice as it was told: with what a worker that failed had written last. */
  tell(told: Notice): Notice {
    const notice = this.lastWords.addTo(told);
    write(this.#log, notice);
    this.#notify?.announce(notice);
    this.#service?.tell(notice);
    return notice;
  }

  /** Another master is active: a STOPPING of this one would have systemd end the service. */
  yield(): void {
    void this.#service?.close();
    this.#service = undefined;
  }

  async close(): Promise<void> {
    await this.useNotify(undefined);
    await this.#service?.close();
    await stderrOutlet.idle(LAST_LINES_MS);
  }
}
