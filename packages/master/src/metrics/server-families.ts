/** What only a prefork server has: workers, reloads, connections that move, the kernel's queue. */
import { EXIT_KINDS, type WorkerState } from '@tshorn/core';
import type { Facts } from './facts.ts';
import { type Family, inSeconds, type Point } from './family.ts';
import { workerOf } from './http-families.ts';
import { RELOAD_BOUNDS } from './notice-counts.ts';
import { scalingFamilies } from './scaling-families.ts';

/** Those that a worker can have while it is there. Each is told, also when it is 0: an alert needs it. */
const STATES = Object.keys({
  spawned: true,
  booting: true,
  probing: true,
  probed: true,
  admitted: true,
  ready: true,
  draining: true,
  parked: true,
  hung: true,
  failing: true,
  killed: true,
} satisfies Record<Exclude<WorkerState, 'exited'>, true>);

/** Each is told from the start: a first count that comes out of nothing is no increase to Prometheus. docs/handoff.md. */
const REFUSALS = [
  ...[
    'stay',
    'upgraded',
    'half-closed',
    'data-listener',
    'tls',
    'http2',
    'connection-listener',
    'unknown-node',
  ],
  ...['other-listener', 'no-descriptor', 'no-taker', 'resume-failed'],
];
const NO_REFUSALS: Readonly<Record<string, number>> = Object.fromEntries(
  REFUSALS.map((reason) => [reason, 0]),
);

export function serverFamilies({ slots, counts, status, queue, release, version, now }: Facts): Family[] {
  const { workers, desired, generation, exits, containment, traffic } = status;
  const inState = (state: string) => workers.filter((worker) => worker.state === state).length;
  const { isSuccessful, committedAt } = counts.last;
  return [
    {
      name: 'tshorn_workers',
      help: 'Workers by state',
      type: 'gauge',
      points: STATES.map((state) => ({ labels: { state }, value: inState(state) })),
    },
    one('gauge', 'tshorn_workers_desired', 'Number of workers that is wanted', desired.workers),
    ...scalingFamilies({ desired, counts }),
    one('gauge', 'tshorn_generation', 'Generation of the last committed reload; the start is 1', generation),
    one(
      'gauge',
      'tshorn_leaving',
      '1 while the server asks for no new traffic: by tshorn leave, or since the beginning of a stop',
      Number(isLeaving(status)),
    ),
    {
      name: 'tshorn_build_info',
      help: 'Versions of tshorn and of Node',
      type: 'gauge',
      points: [{ labels: { version, node: process.version }, value: 1 }],
    },
    {
      name: 'tshorn_release_info',
      help: 'The release that serves',
      type: 'gauge',
      points: release === undefined ? [] : [{ labels: { release }, value: 1 }],
    },
    {
      name: 'tshorn_certificate_not_after_timestamp_seconds',
      help: 'When the certificate that clients are shown expires',
      type: 'gauge',
      points: (status.certificates ?? []).map(({ file, notAfter }) => ({
        labels: { file },
        value: inSeconds(Date.parse(notAfter)),
      })),
    },
    {
      name: 'tshorn_reloads_total',
      help: 'Reloads, by plan and outcome',
      type: 'counter',
      points: [...counts.reloads].flatMap(([plan, outcomes]) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { plan, outcome }, value })),
      ),
    },
    one(
      'gauge',
      'tshorn_last_reload_successful',
      '1 if the last reload was committed, or there was none',
      Number(isSuccessful),
    ),
    {
      name: 'tshorn_last_reload_success_timestamp_seconds',
      help: 'When the last reload was committed, or the server had started',
      type: 'gauge',
      points: committedAt === undefined ? [] : [{ labels: {}, value: inSeconds(committedAt) }],
    },
    {
      name: 'tshorn_reload_duration_seconds',
      help: 'Duration of the reloads, those that were not committed included',
      type: 'histogram',
      points: [
        { labels: {}, bounds: RELOAD_BOUNDS, counts: counts.durations, sum: inSeconds(counts.durationMs) },
      ],
    },
    {
      name: 'tshorn_worker_exits_total',
      help: 'Processes of workers that have ended, by how',
      type: 'counter',
      points: EXIT_KINDS.map((reason) => ({ labels: { reason }, value: exits[reason] })),
    },
    {
      name: 'tshorn_failures_contained_total',
      help: 'Crashes and hangs of workers whose other requests were finished, or tried to be',
      type: 'counter',
      points: [
        { labels: { cause: 'crash' }, value: containment.crashes },
        { labels: { cause: 'hang' }, value: containment.hangs },
      ],
    },
    one(
      'counter',
      'tshorn_hangs_interrupted_total',
      'Hangs that ended when the code was interrupted',
      containment.interrupted,
    ),
    one(
      'counter',
      'tshorn_connections_rescued_total',
      'Connections taken out of workers that hung or crashed',
      containment.rescued,
    ),
    {
      name: 'tshorn_failure_requests_total',
      help: 'Requests of workers that crashed or hung, by what became of them; unknown: in flight at the last report of one that ended without telling',
      type: 'counter',
      points: [
        { labels: { result: 'finished' }, value: containment.finished },
        { labels: { result: 'lost' }, value: containment.lost },
        { labels: { result: 'unknown' }, value: containment.inFlight },
      ],
    },
    one(
      'counter',
      'tshorn_connections_moved_total',
      'Connections that have moved to another worker',
      traffic?.moved ?? 0,
    ),
    one(
      'counter',
      'tshorn_connections_closed_total',
      'Idle connections that draining workers have closed',
      traffic?.closed ?? 0,
    ),
    one(
      'counter',
      'tshorn_connections_cut_total',
      'Connections closed at the deadline of a drain, with a request in flight',
      traffic?.forceClosed ?? 0,
    ),
    {
      name: 'tshorn_connections_refused_total',
      help: 'Connections of drained workers that could not move, by why',
      type: 'counter',
      points: Object.entries({ ...NO_REFUSALS, ...traffic?.refused }).map(([reason, value]) => ({
        labels: { reason },
        value,
      })),
    },
    {
      name: 'tshorn_connections',
      help: 'Open connections, as the worker has told last',
      type: 'gauge',
      points: connectionsBySlot(workers),
    },
    {
      name: 'tshorn_listen_queue',
      help: "Connections in the kernel's queue, which no worker has accepted yet",
      type: 'gauge',
      points: queue.queues.map(({ address, waiting }) => ({ labels: { listener: address }, value: waiting })),
    },
    some(
      'counter',
      'tshorn_listen_overflows_total',
      'Connections that the kernel has dropped for a full queue, of all listeners of the machine or container, since the start of the master',
      queue.overflows,
    ),
    {
      name: 'tshorn_worker_last_report_age_seconds',
      help: 'Time since the last report of the worker: one that hangs is stale',
      type: 'gauge',
      points: slots.flatMap(({ slot, at }) =>
        at === undefined ? [] : [{ labels: workerOf(slot), value: inSeconds(Math.max(0, now - at)) }],
      ),
    },
  ];
}

const isLeaving = ({ state, leave }: Facts['status']): boolean =>
  leave !== undefined || state === 'leaving' || state === 'draining' || state === 'stopped';

type Plain = 'counter' | 'gauge';

const one = (type: Plain, name: string, help: string, value: number): Family => some(type, name, help, value);

const some = (type: Plain, name: string, help: string, value: number | undefined): Family => ({
  name,
  help,
  type,
  points: value === undefined ? [] : [{ labels: {}, value }],
});

/** A slot has two workers while one replaces the other. */
function connectionsBySlot(workers: Facts['status']['workers']): Point[] {
  const sums = new Map<number, number>();
  for (const { slot, connections } of workers) sums.set(slot, (sums.get(slot) ?? 0) + connections);
  return [...sums].map(([slot, value]) => ({ labels: workerOf(slot), value }));
}
