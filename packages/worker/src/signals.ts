/** Keeps the signals that the master handles from the app, until the worker has drained. */
import { constants } from 'node:os';
import type { Shield } from './shield.ts';

/** A signal that asks the worker alone to leave, and those that reach every process of a group: `Ctrl-C`, `pkill -HUP`. */
const KEPT = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2'] as const;
/** Their listeners in an app want more than its end: a log that is opened again, a heap dump. */
const OF_USE = new Set(['SIGHUP', 'SIGUSR2']);

export interface SignalEvents {
  onLeave(signal: string): void;
  /** The signal was withheld from listeners of the app that it was most likely meant for; called once for each. */
  onWithheld(signal: string): void;
}

const nothing = () => {};

export class Signals {
  readonly #shield: Shield;
  readonly #events: SignalEvents;
  readonly #told = new Set<string>();
  /** The app cleans up: a signal from outside neither repeats that nor cuts it off. */
  #cleaningUp = false;
  #delivering: unknown;
  /** Those that the app has sent to its own process. */
  readonly #raised = new Set<string>();

  constructor(shield: Shield, events: SignalEvents) {
    this.#shield = shield;
    this.#events = events;
    shield.withhold((event) => this.#withholds(event));
    for (const signal of KEPT) shield.keep(signal, nothing);
  }

  #withholds(event: string | symbol): boolean {
    const signal = KEPT.find((kept) => kept === event);
    if (signal === undefined || signal === this.#delivering || this.#raised.has(signal)) return false;
    if (this.#cleaningUp) return true;
    if (signal === 'SIGTERM') this.#events.onLeave(signal);
    else if (OF_USE.has(signal) && !this.#told.has(signal) && process.listeners(signal).length > 0) {
      this.#told.add(signal);
      this.#events.onWithheld(signal);
    }
    return true;
  }

  /**
   * Begins the app's own clean-up, as if it had been asked to end only now: by SIGTERM; by SIGINT where it listens to
   * that alone; by PM2's message `shutdown` where it listens to neither.
   * @returns false for an app that has no clean-up of this kind
   */
  cleanUp(): boolean {
    const call = this.#callOfApp();
    if (!call) return false;
    this.#cleaningUp = true;
    this.#letAppRaise();
    // In a turn of its own: what a listener throws is an uncaught exception, as under node.
    setImmediate(() => {
      // From here on the process lives as long as the app's clean-up does.
      process.channel?.unref();
      this.#deliver(call);
    });
    return true;
  }

  #deliver(call: readonly unknown[]): void {
    this.#delivering = call[0];
    try {
      Reflect.apply(process.emit, process, call);
    } finally {
      this.#delivering = undefined;
    }
  }

  /** A clean-up may end by the signal itself, raised again: that has its effect. */
  #letAppRaise(): void {
    const { kill } = process;
    process.kill = (pid, signal = 'SIGTERM') => {
      const raised = KEPT.find((kept) => kept === signal || constants.signals[kept] === signal);
      if (pid === process.pid && raised) {
        this.#raised.add(raised);
        this.#shield.drop(raised);
      }
      return Reflect.apply(kill, process, [pid, signal]);
    };
  }

  #callOfApp(): unknown[] | undefined {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      if (process.listeners(signal).length > 0) return [signal, signal, constants.signals[signal]];
    }
    return process.listeners('message').some(namesShutdown) ? ['message', 'shutdown', undefined] : undefined;
  }
}

/**
 * Most apps with a 'message' listener wait for something else, and a text that they do not expect could break them; and
 * an app that ignores it would be waited for until its grace period is over.
 */
const namesShutdown = (listener: unknown): boolean =>
  /\bshutdown\b/.test(Function.prototype.toString.call(listener));
