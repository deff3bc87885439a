/**
 * The worker's end of the channel to the master. It also shields the app from messages of tshorn and from signals that
 * the master handles.
 *
 * `process.emit` is wrapped because an app's own listener for SIGTERM would close the server at once,
 * before the replacement is up: a listener cannot keep another one from running, the emitter can.
 */
import { envelope, isEnvelope, readToWorker, type ToMaster, type ToWorker } from '@tshorn/core';

/** `Ctrl-C`, `Ctrl-\` and `pkill -HUP` reach every process of the group; a worker ignores them. */
const IGNORED = new Set(['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2']);

export interface ChannelEvents {
  /** `handle` is the raw listening handle that came with a `listener` message. */
  onMessage(message: ToWorker, handle: unknown): void;
  onLeave(signal: string): void;
  /** The master is gone, or closed the channel. */
  onDisconnect(): void;
}

export interface Channel {
  /** Resolves when the message has been handed to the kernel; a closed channel loses it silently. */
  send(message: ToMaster, handle?: unknown): Promise<void>;
  /** Lets the app receive signals again. Returns true when it has its own listener for SIGTERM. */
  releaseSignals(): boolean;
}

const nothing = () => {};

let refused = false;

/** Logs the first message that does not fit; others follow it. */
function refuse(problem: string): void {
  if (refused) return;
  refused = true;
  process.stderr.write(`tshorn: the master sent ${problem}; dropped, as are further ones\n`);
}

/** Milliseconds after which a worker that hands connections over notices at the latest that its master is gone. */
const WATCH_MS = 200;

/**
 * Node postpones 'disconnect' until the handle that is on its way has been acknowledged, for ever when the
 * other side has died (target.disconnect, lib/internal/child_process.js): a worker that was handing connections over
 * would outlive its master and still accept. Called once, when the first handle is sent.
 */
function watchForDisconnect(): void {
  const timer = setInterval(() => {
    if (process.connected) return;
    clearInterval(timer);
    process.emit('disconnect');
  }, WATCH_MS).unref();
  process.once('disconnect', () => clearInterval(timer));
}

export function openChannel(events: ChannelEvents): Channel {
  const emit = process.emit;
  let signalsAreOurs = true;
  const shielded = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'message' && isEnvelope(args[0])) {
      const { message, problem } = readToWorker(args[0]);
      if (message) events.onMessage(message, args[1]);
      else refuse(problem);
      return true;
    }
    if (signalsAreOurs && event === 'SIGTERM') {
      events.onLeave('SIGTERM');
      return true;
    }
    if (signalsAreOurs && typeof event === 'string' && IGNORED.has(event)) return true;
    return Reflect.apply(emit, process, [event, ...args]);
  };
  process.emit = shielded as typeof process.emit;

  // Node delivers a signal or a message only where somebody listens, and the channel keeps the
  // process alive only with a listener.
  const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, nothing);
  process.on('message', nothing);
  // Node forgets what waits behind a handle on its way when the channel closes.
  const unsent = new Set<() => void>();
  let watched = false;
  process.once('disconnect', () => {
    for (const settle of unsent) settle();
    events.onDisconnect();
  });

  return {
    send: (message, handle) =>
      new Promise((resolve) => {
        if (!process.connected || !process.send) return resolve();
        // keepOpen: a connection stays ours until another worker owns it.
        const settle = () => {
          unsent.delete(settle);
          resolve();
        };
        unsent.add(settle);
        if (handle && !watched) watchForDisconnect();
        watched ||= handle !== undefined;
        process.send(envelope(message), handle as never, { keepOpen: true }, settle);
      }),
    releaseSignals() {
      // Node's signal watcher has bound the emitter that it found: putting the old one back is not enough.
      signalsAreOurs = false;
      for (const signal of signals) process.off(signal, nothing);
      return process.listenerCount('SIGTERM') > 0;
    },
  };
}
