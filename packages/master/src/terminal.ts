/**
 * The terminal that the master was started on. When it closes (the end of an ssh session, of a tmux pane), the kernel or
 * the shell sends SIGHUP, which is otherwise a reload. listenToSignals creates it.
 */
import { hasTerminal, isControlledByTerminal, replaceLostTerminal } from '@tshorn/core';

/** How often it is looked for. */
const LOOK_MS = 1_000;
/** The signal comes at once; one that comes later than this was sent by a person, to a master that lives on. */
const SIGNAL_WITHIN_MS = 10_000;

export interface Streams {
  /** One of the standard streams is a terminal. */
  readonly areOnTerminal: boolean;
  /** The terminal sends its signals here. */
  readonly areControlled: boolean;
  /** Puts /dev/null in the place of those whose terminal is gone. Returns when that was first seen. */
  replaceLost(): number | undefined;
}

export class Terminal {
  readonly #streams: Streams;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(streams: Streams = own()) {
    this.#streams = streams;
    if (streams.areOnTerminal) this.#timer = setInterval(() => streams.replaceLost(), LOOK_MS).unref();
  }

  /** True when the terminal has just closed. */
  get hasJustClosed(): boolean {
    if (!this.#streams.areControlled) return false;
    const at = this.#streams.replaceLost();
    return at !== undefined && performance.now() - at < SIGNAL_WITHIN_MS;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function own(): Streams {
  const areOnTerminal = hasTerminal();
  return {
    areOnTerminal,
    areControlled: areOnTerminal && isControlledByTerminal(),
    replaceLost: replaceLostTerminal,
  };
}
