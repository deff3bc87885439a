/**
 * Turns notices into the messages of sd_notify(3)
 * (https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html). It keeps the phase and is pure otherwise.
 * notify-program.ts sends the messages; journal.ts words the same notices for people.
 */
import type { Notice } from '../decide/notice.ts';
import { textOf } from '../journal.ts';

/** The assignments of one datagram. */
export interface Message {
  readonly assignments: readonly string[];
  /** Present: one such message may wait to be sent, never two. */
  readonly repeats?: 'progress' | 'watchdog';
}

/**
 * The additional time that each message of a slow phase asks for; more than the interval of those messages. The phases
 * end by the master's own deadlines (`--boot-timeout`, `--grace`).
 */
const EXTEND = 'EXTEND_TIMEOUT_USEC=30000000';

/** systemd drops a datagram of more than 4,096 bytes (NOTIFY_BUFFER_MAX); a character has up to four. */
const STATUS_LENGTH = 500;

export const WATCHDOG: Message = { assignments: ['WATCHDOG=1'], repeats: 'watchdog' };

export class Report {
  readonly #pid: number;
  #phase: 'starting' | 'serving' | 'reloading' | 'stopping' = 'starting';
  #status = '';

  constructor(pid: number) {
    this.#pid = pid;
  }

  starting(workers: number): Message {
    return this.#message([EXTEND], `starting ${workers} worker${workers === 1 ? '' : 's'}`);
  }

  /** @param monotonicUsec CLOCK_MONOTONIC now: systemd compares it with the moment of its own signal */
  of(notice: Notice, monotonicUsec: bigint): Message | undefined {
    if (this.#phase === 'stopping') return this.#remember(notice);
    switch (notice.event) {
      case 'started':
      case 'took-over':
        this.#phase = 'serving';
        // The pid matters where a wrapper (npx, a shell) was started, and after a re-exec.
        return this.#message(['READY=1', `MAINPID=${this.#pid}`], textOf(notice));
      case 'reload-started':
        if (this.#phase !== 'serving') return undefined;
        this.#phase = 'reloading';
        // In one datagram: otherwise systemd takes the reload for another one than it has requested.
        return this.#message(['RELOADING=1', `MONOTONIC_USEC=${monotonicUsec}`, EXTEND], textOf(notice));
      case 'reload-finished':
        if (this.#phase !== 'reloading') return undefined;
        this.#phase = 'serving';
        return this.#message(['READY=1'], textOf(notice));
      case 'resized':
        return this.#phase === 'serving' ? this.#message([], textOf(notice)) : undefined;
      case 'stopping':
        this.#phase = 'stopping';
        return this.#message(['STOPPING=1', EXTEND], textOf(notice));
      default:
        return this.#remember(notice);
    }
  }

  /** While a start, a reload or a stop lasts: more time, and how far it has come. */
  progress(): Message | undefined {
    if (this.#phase === 'serving') return undefined;
    return { ...this.#message([EXTEND], this.#status), repeats: 'progress' };
  }

  /** Worth no message of its own, since each costs a process. */
  #remember(notice: Notice): undefined {
    if (this.#phase !== 'serving' && 'worker' in notice) this.#status = textOf(notice);
  }

  #message(assignments: readonly string[], status: string): Message {
    this.#status = status;
    return { assignments: [...assignments, `STATUS=${oneLine(status)}`] };
  }
}

/** A line break would let the app begin another assignment; a NUL cannot be part of an argument. */
function oneLine(text: string): string {
  const line = (text.split('\n')[0] ?? '').replace(/\p{Cc}/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= STATUS_LENGTH ? line : `${characters.slice(0, STATUS_LENGTH - 3).join('')}...`;
}
