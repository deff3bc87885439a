/** The price of a crash or a hang, and the savings: told once, when the worker has ended. Pure. */
import { type Culprit, nameOf } from '@tshorn/core';
import type { Draft } from './draft.ts';
import type { Event } from './events.ts';
import type { ContainmentCounts, Failure, Rescue, WorkerRecord } from './model.ts';
import type { Containment } from './notice.ts';

type Exit = Extract<Event, { type: 'worker-exited' }>;

export function contained(draft: Draft, worker: WorkerRecord, failure: Failure, exit: Exit): void {
  const containment = whatIsKnown(draft, worker, failure, exit);
  const { cause, rescued, finished = 0, lost = 0, interrupted } = containment;
  const { containment: sums } = draft.state;
  sums[cause === 'crash' ? 'crashes' : 'hangs']++;
  if (interrupted) sums.interrupted++;
  if (containment.lost === undefined) lostUntold(draft, exit);
  sums.rescued += rescued;
  sums.finished += finished;
  sums.lost += lost;
  const expected = containment.cost === 'none' ? 0 : 1;
  const level = containment.lost === undefined || lost > expected ? 'warn' : 'info';
  const request = failure.culprit?.request;
  draft.reportOf(worker, { event: 'contained', level, containment, ...(request && { culprit: request }) });
}

export const noneContained = (): ContainmentCounts => ({
  crashes: 0,
  hangs: 0,
  interrupted: 0,
  rescued: 0,
  finished: 0,
  lost: 0,
  lostUnknown: 0,
  inFlight: 0,
});

/** The worker has ended without a word about its requests: what is known is its last report. */
export function lostUntold({ state: { containment } }: Draft, { inFlight = 0 }: Exit): void {
  containment.lostUnknown++;
  containment.inFlight += inFlight;
}

function whatIsKnown(draft: Draft, worker: WorkerRecord, failure: Failure, exit: Exit): Containment {
  const { cause, at, culprit, rescue, report } = failure;
  const why = whyNotAll(draft, worker, failure, exit);
  const finished = report?.answered ?? report?.finished ?? (rescue?.outcome === 'stuck' ? 0 : undefined);
  const lost = lostBy(failure);
  const request = culprit?.request;
  return {
    cause,
    // The master counts what it gets; a worker that hands over in a pause may know of more.
    rescued: Math.max(exit.rescued ?? 0, rescue?.rescued ?? 0),
    ...(report && { moved: report.moved }),
    ...(finished !== undefined && { finished }),
    ...(lost !== undefined && { lost }),
    ...(lost === undefined && exit.inFlight !== undefined && { inFlight: exit.inFlight }),
    ...(rescue && { interrupted: rescue.outcome === 'interrupted' }),
    ...(why !== undefined && { why }),
    ...(request && { request: nameOf(request) }),
    ...(culprit && { cost: culprit.cost }),
    ...(worker.state === 'killed' && { killed: true as const }),
    tookMs: draft.at - at,
  };
}

/** Requests that failed, and connections that were lost at rest; undefined where nobody can tell. */
function lostBy({ culprit, rescue, report }: Failure): number | undefined {
  if (report) return (report.unanswered ?? report.forceClosed) + costOf(culprit);
  return rescue?.outcome === 'stuck' ? rescue.left : undefined;
}

/** One that is unknown fails at the end of the grace with the rest, and is counted there. */
const costOf = (culprit: Culprit | undefined): number =>
  culprit?.cost === 'answered' || culprit?.cost === 'closed' ? 1 : 0;

function whyNotAll(draft: Draft, worker: WorkerRecord, failure: Failure, exit: Exit): string | undefined {
  const { at, cause, culprit, rescue, report } = failure;
  if (rescue && rescue.outcome !== 'interrupted') return whyNotInterrupted(rescue);
  // The notice of the kill has its reason.
  if (report || worker.state === 'killed') return undefined;
  const { code, signal, words } = exit;
  const how = words ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
  // The app has ended it, or --crash-grace 0.
  if (cause === 'crash' && !culprit) return `ended at once: ${how}`;
  // Its last words are those of the exception that was contained.
  if (signal === null && draft.at - at >= draft.state.settings.crashGrace) return 'its grace was over';
  return `it ended before it had drained: ${how}`;
}

const whyNotInterrupted = ({ outcome, why }: Rescue): string | undefined =>
  outcome === 'turning' ? 'its event loop turned again by itself' : why;
