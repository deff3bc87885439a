/** The end of a worker's process: asked for, or a crash, or the end of a failure that was contained. Pure. */
import type { ExitKind } from '@tshorn/core';
import { hasLeft, left } from './clean-up.ts';
import { contained, lostUntold } from './contained.ts';
import { fellOut, servedFor } from './containment.ts';
import type { Draft } from './draft.ts';
import type { Event } from './events.ts';
import type { WorkerRecord } from './model.ts';
import { broken } from './supervise.ts';

type Exit = Extract<Event, { type: 'worker-exited' }>;

export function exited(draft: Draft, worker: WorkerRecord, exit: Exit): void {
  const { serial, state } = worker;
  const { code, signal, words } = exit;
  const plain = plainly(worker, exit);
  // An end that was ordered needs no explanation.
  const asked = state === 'killed' || (state === 'parked' && code === 0);
  const how = asked ? plain : (words ?? plain);
  for (const timer of ['boot', 'drain', 'rescue'] as const) draft.clearTimer(`${timer}:${serial}`);
  // Before the notice that the worker is gone.
  const tellOfFailure = () => worker.failure && contained(draft, worker, worker.failure, exit);
  const kind = kindOf(worker, exit);
  // A failure that was contained tells of its requests itself, as far as they are known.
  const isUntold = kind === 'crash' && state !== 'parked' && !worker.failure && !exit.rescued;
  if (isUntold) lostUntold(draft, exit);
  const inFlight = isUntold && exit.inFlight ? { inFlight: exit.inFlight } : {};
  if (state === 'ready' || state === 'admitted') {
    const text = `${how}, after ${servedFor(draft, worker)}`;
    draft.reportOf(worker, { event: 'crashed', level: 'error', text, ...inFlight });
    // Its connections went to others as it ended: an app that handles its exceptions itself.
    if (exit.rescued) worker.failure = { cause: 'crash', at: draft.at };
    tellOfFailure();
    fellOut(draft, worker, 'ended', text);
  } else if (state === 'draining') left(draft, worker, exit, inFlight);
  else if (state === 'parked' || state === 'killed') {
    tellOfFailure();
    draft.reportOf(worker, { event: 'exited', level: 'info', text: how });
  } else if (state === 'hung' || state === 'failing') {
    tellOfFailure();
    const isExpected = state === 'failing' && signal === null;
    const level = isExpected ? 'info' : 'warn';
    draft.reportOf(worker, { event: 'exited', level, text: isExpected ? plain : how });
  } else {
    // Nothing else tells more.
    const hint =
      code && !signal && words === plain
        ? `: the app called process.exit(${code}), or the like; ${exit.see ?? 'see its lines'}`
        : '';
    broken(draft, worker, `the worker ended while booting: ${how}${hint}`);
  }
  draft.state.exits[kind]++;
  worker.state = 'exited';
  delete draft.state.workers[serial];
}

function kindOf({ state, failure, drained, broken: isBroken, readyAt }: WorkerRecord, exit: Exit): ExitKind {
  // Such a worker is killed, however its start has failed. One that was parked has served.
  if (isBroken && readyAt === undefined) return 'boot';
  switch (state) {
    case 'ready':
    case 'admitted':
      return 'crash';
    case 'draining':
      if (hasLeft(drained, exit)) return 'left';
      return drained ? 'clean-up' : 'crash';
    case 'parked':
      return exit.code === 0 ? 'left' : 'crash';
    case 'hung':
    case 'failing':
      return failure?.cause ?? 'crash';
    case 'killed':
      return failure?.cause ?? 'killed';
    default:
      return 'boot';
  }
}

function plainly({ state }: WorkerRecord, { code, signal }: Exit): string {
  if (signal === 'SIGKILL' && state === 'killed') return 'killed by the master (SIGKILL)';
  if (signal) return `killed by ${signal}`;
  return code === null ? 'the process could not be started' : `exit code ${code}`;
}
