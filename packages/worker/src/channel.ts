/** The worker's end of the channel to the master. It also shields the app from messages of tshorn. */
import { envelope, isEnvelope, readToWorker, type ToMaster, type ToWorker } from '@tshorn/core';
import { continueAtExit } from './app/pending-work.ts';
import { isUnwinding } from './containment/unwind.ts';
import { DirectChannel } from './rescue/direct-channel.ts';
import { Shield } from './shield.ts';
import { type SignalEvents, Signals } from './signals.ts';

export interface ChannelEvents extends SignalEvents {
  /** `handle` is the raw listening handle that came with a `listener` message. */
  onMessage(message: ToWorker, handle: unknown): void;
  /** Nobody caught an exception. Returns true when the process goes on. */
  onUncaught(thrown: unknown, origin: unknown): boolean;
  /** The process ends with this turn, before the app hears of it. */
  onExit(): void;
  /** The master is gone, or closed the channel. */
  onDisconnect(): void;
}

export interface Channel {
  /** Resolves when the message has been handed to the kernel; a closed channel loses it silently. */
  send(message: ToMaster, handle?: unknown): Promise<void>;
  readonly signals: Pick<Signals, 'cleanUp'>;
  /** Sends at once; undefined where this Node is not known. */
  readonly direct: DirectChannel | undefined;
}

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
  const onMessage = (message: unknown, handle?: unknown): boolean => {
    if (!isEnvelope(message)) return false;
    const { message: read, problem } = readToWorker(message);
    if (read) events.onMessage(read, handle);
    else refuse(problem);
    return true;
  };
  const shield = new Shield();
  shield.withhold(isUnwinding);
  shield.withhold((event, [message, handle]) => event === 'message' && onMessage(message, handle));
  shield.withhold((event) => event === 'beforeExit' && continueAtExit());
  shield.withhold(
    (event, [thrown, origin]) => event === 'uncaughtException' && events.onUncaught(thrown, origin),
  );
  shield.withhold((event) => {
    if (event === 'exit') events.onExit();
    return false;
  });
  const signals = new Signals(shield, events);
  // Called only where a library has put back the `process.emit` that it found before. The channel keeps the process
  // alive only with a listener.
  shield.keep('message', onMessage);
  // Node forgets what waits behind a handle on its way when the channel closes.
  const unsent = new Set<() => void>();
  let watched = false;
  shield.keep('disconnect', () => {
    shield.drop('disconnect');
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
    signals,
    direct: DirectChannel.open(shield),
  };
}
