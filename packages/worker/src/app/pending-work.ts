/**
 * Finds the moment at which `node APP` would end because nothing is under way that could still lead to a listen(): no
 * timer, no connection, no work in a thread or an addon. Node's own 'beforeExit' is that moment as soon as the channel
 * to the master does not keep the process alive. Lists of handles are incomplete: jobs of crypto are in none.
 */

/** The part of `process.channel` that is used. */
interface Channel {
  ref(): void;
  unref(): void;
}

let onIdle: (() => void) | undefined;

/** Called at 'beforeExit'. Returns true when the process lives on, so that the app must not hear of it. */
export function continueAtExit(): boolean {
  const isWatched = onIdle !== undefined;
  onIdle?.();
  return isWatched;
}

export interface PendingWork {
  /**
   * Resolves when nothing is pending any more; never after `end()`. Of several calls the last one is first, and each
   * gets a moment of its own.
   * @param withinMs it resolves after this time in any case; default: no limit
   */
  over(withinMs?: number): Promise<void>;
  /** From now on the channel keeps the process alive again. */
  end(): void;
}

export function watchPendingWork(channel = process.channel as Channel | undefined): PendingWork {
  const waiting: (() => void)[] = [];
  const watch = () => {
    if (waiting.length > 0) channel?.unref();
  };
  const fire = () => {
    // Without a handle the process would end right after this event.
    channel?.ref();
    waiting.pop()?.();
    setImmediate(watch);
  };
  let ended = false;
  return {
    over(withinMs) {
      if (ended) return new Promise(() => {});
      onIdle = fire;
      return new Promise((resolve) => {
        const timer = withinMs === undefined ? undefined : setTimeout(settle, withinMs).unref();
        function settle() {
          clearTimeout(timer);
          const at = waiting.indexOf(settle);
          if (at !== -1) waiting.splice(at, 1);
          resolve();
        }
        waiting.push(settle);
        watch();
      });
    },
    end() {
      ended = true;
      onIdle = undefined;
      waiting.length = 0;
      channel?.ref();
    },
  };
}
