/** Logs why a worker is stuck. Loaded when the first worker is. */
import { describeWorker, formatMs } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { LogEvent, LogFields } from '../log-events.ts';
import { Door, type WatchedWorker } from './door.ts';
import { examine } from './examine.ts';
import { fieldsOf } from './warnings.ts';
import { type Findings, runsApp, say } from './wording.ts';

export interface Stuck {
  readonly worker: WatchedWorker;
  /** Since its last heartbeat, or since its start. */
  readonly silentMs: number;
  readonly phase: 'booting' | 'hung' | 'leaving';
  /** How late the event loop was at its last heartbeat; undefined: it gave none. */
  readonly loopDelayMs: number | undefined;
}

/** Where it is told. */
export interface Telling {
  readonly log: Logger;
  /** Directory of tshorn's own code in a worker. */
  readonly own: string;
  /** Gets the fields and the text of the line as well; never throws. */
  readonly onExplained?: ((fields: LogFields, text: string) => void) | undefined;
}

/** The event for a worker whose event loop runs after all. */
const EVENTS: Record<Stuck['phase'], LogEvent> = {
  booting: 'never-came-up',
  hung: 'hung',
  leaving: 'never-left',
};
const HEADS: Record<Stuck['phase'], (silence: string) => string> = {
  booting: (silence) => `did not finish booting in ${silence}: `,
  hung: (silence) => `hung: no heartbeat for ${silence}; `,
  leaving: () => 'did not finish its own clean-up: ',
};

/** Frames in the log's field; its text has fewer. */
const MOST_FRAMES = 30;

/** Resolves when the explanation of a worker that is about to be killed is logged, in about `withinMs`. */
export async function explain(stuck: Stuck, telling: Telling, withinMs: number): Promise<void> {
  const door = new Door(stuck.worker);
  const patience = { openMs: withinMs, until: performance.now() + withinMs };
  const { findings } = await examine(stuck.worker, door, patience);
  door.leave();
  tell(stuck, findings, telling);
}

export function tell(stuck: Stuck, found: Findings, { log, own, onExplained }: Telling): void {
  const { worker, silentMs, phase, loopDelayMs } = stuck;
  const { identity, cwd, handle } = worker;
  const { headline, details } = say(found, { cwd, own, silentMs, mayRun: phase !== 'hung' });
  const { stack = [], requests, rss = found.rss, heapUsed } = found.inspection ?? {};
  const runs = found.inspection !== undefined && !runsApp(stack, own);
  const delay =
    loopDelayMs === undefined ? [] : [`event loop at its last heartbeat: late by ${formatMs(loopDelayMs)}`];
  const lines = [...details, ...delay].map((line) => `\n  | ${line}`);
  const named = { ...identity, pid: handle.pid };
  const fields: LogFields = {
    event: runs ? EVENTS[phase] : 'hung',
    ...fieldsOf(named),
    silentMs: Math.round(silentMs),
    reason: headline,
    // A frame of ours may lie on top: Node tells the process of a signal wherever it is.
    stack: stack.filter(({ file }) => !file.startsWith(own)).slice(0, MOST_FRAMES),
    // Absent where only the process could have reported them: an empty list says that there are none.
    ...(requests && { requests }),
    ...(rss !== undefined && { rss, heapUsed }),
    ...(loopDelayMs !== undefined && { loopDelayMs }),
    ...(found.kernel && { kernel: found.kernel }),
  };
  const text = `${describeWorker(named)} ${HEADS[phase](formatMs(silentMs))}${headline}${lines.join('')}`;
  onExplained?.(fields, text);
  log.error(fields, text);
}
