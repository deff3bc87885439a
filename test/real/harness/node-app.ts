/** Runs an app by plain node: what tshorn is compared with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const START_WITHIN_MS = 90_000;

export class NodeApp {
  output = '';
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#process = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        this.output += text;
      });
    }
  }

  /** Resolves when `look` resolves to true; it may reject while the app does not listen yet. */
  async until(look: () => Promise<boolean>): Promise<void> {
    let last: unknown;
    for (const end = Date.now() + START_WITHIN_MS; Date.now() < end; await sleep(100)) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        await this.#exited;
        throw new Error(
          `node ended with ${this.#process.exitCode ?? this.#process.signalCode}\n${this.output}`,
        );
      }
      try {
        if (await look()) return;
        last = 'other answers than expected';
      } catch (error) {
        last = error;
      }
    }
    throw new Error(`node does not serve: ${last}\n${this.output}`);
  }

  /** Sends TERM. Resolves with the exit code, or with the signal that has ended the process. */
  async stop(): Promise<number | string | null> {
    this.#process.kill('SIGTERM');
    await this.#exited;
    return this.#process.exitCode ?? this.#process.signalCode;
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
