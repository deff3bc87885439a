/**
 * Sends messages to systemd through the program `systemd-notify`, since Node has no unix datagram sockets
 * (docs/decisions/systemd-notify.md). One at a time, so that they arrive in order; the master never waits for one, and no
 * failure ends it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { Message } from './report.ts';

/** systemd-notify itself gives up after five seconds (its barrier); a call that hangs must not delay the rest. */
const DEADLINE_MS = 10_000;

export class NotifyProgram {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #queue: Message[] = [];
  readonly #whenIdle = new Set<() => void>();
  #sending = false;
  #warned = false;

  constructor(env: NodeJS.ProcessEnv, log: Pick<Logger, 'warn'>) {
    this.#env = env;
    this.#log = log;
  }

  send(message: Message): void {
    const { repeats } = message;
    if (repeats && this.#queue.some((waiting) => waiting.repeats === repeats)) return;
    this.#queue.push(message);
    this.#next();
  }

  /** Resolves when everything has been sent, or after `ms` milliseconds. */
  idle(ms: number): Promise<void> {
    if (!this.#sending) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#whenIdle.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #next(): void {
    if (this.#sending) return;
    const message = this.#queue.shift();
    if (!message) {
      for (const resolve of this.#whenIdle) resolve();
      this.#whenIdle.clear();
      return;
    }
    this.#sending = true;
    let failure: string | undefined;
    run(message.assignments, this.#env)
      .catch((error) => {
        failure = describeThrown(error);
      })
      .then(() => {
        this.#sending = false;
        if (failure !== undefined) this.#warnOnce(failure);
        this.#next();
      });
  }

  /** Later messages are sent all the same: the program may be back after its update, and systemd less busy. */
  #warnOnce(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn(
      { event: 'no-systemd', reason },
      `systemd gets no status of this service: ${reason} (logged once; later messages are still tried)`,
    );
  }
}

/** Rejects with the reason when the program is missing, fails or takes too long. */
function run(assignments: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    let child: ChildProcess;
    try {
      child = spawn('systemd-notify', assignments, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      return reject(error);
    }
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(0, 300);
    });
    // A program that hangs must not keep a process alive that has nothing else to do.
    child.unref();
    (child.stderr as Socket | null)?.unref();
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS).unref();
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      const how = signal ? `was killed by ${signal}` : `failed with exit code ${code}`;
      reject(new Error(`systemd-notify ${how}${errors && `: ${errors.trim().split('\n')[0]}`}`));
    });
  });
}
