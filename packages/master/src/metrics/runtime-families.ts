/**
 * Event loop, V8 and process: https://opentelemetry.io/docs/specs/semconv/runtime/ and
 * https://opentelemetry.io/docs/specs/semconv/system/process-metrics/. The master's own process has `process="master"`
 * where a worker has its slot.
 */
import { GC_BOUNDS, type LoopDelay, type Runtime } from '@tshorn/core';
import type { Facts } from './facts.ts';
import { type Family, inSeconds, type Labels, type Point } from './family.ts';
import { workerOf } from './http-families.ts';
import type { SlotMetrics } from './registry.ts';
import type { RuntimeSums } from './runtime-sums.ts';

const MASTER: Labels = { process: 'master' };

export function runtimeFamilies({ slots, status, master }: Facts): Family[] {
  const known = slots.filter(({ runtime }) => runtime !== undefined);
  const memory = memoryBySlot(status);
  return [
    {
      name: 'nodejs_eventloop_utilization_ratio',
      help: 'Part of the time for which the event loop was busy, between the last two reports of the worker',
      type: 'gauge',
      points: slots.flatMap(({ slot, usage }) => pointsOf(slot, usage?.elu)),
    },
    {
      name: 'nodejs_eventloop_time_seconds_total',
      help: 'Time that the event loop has been in each state',
      type: 'counter',
      points: pairs(slots, 'nodejs_eventloop_state', { active: 'loopActiveMs', idle: 'loopIdleMs' }),
    },
    ...delays(slots),
    {
      name: 'v8js_gc_duration_seconds',
      help: 'Duration of the collections of garbage',
      type: 'histogram',
      points: slots.flatMap(({ slot, sums }) =>
        [...sums.gc].map(([kind, { counts, sumMs }]) => ({
          labels: { ...workerOf(slot), v8js_gc_type: kind },
          bounds: GC_BOUNDS,
          counts,
          sum: inSeconds(sumMs),
        })),
      ),
    },
    bytes(known, 'v8js_memory_heap_used_bytes', 'Heap in use', 'heapUsed'),
    bytes(known, 'v8js_memory_heap_total_bytes', 'Heap that V8 has reserved', 'heapTotal'),
    bytes(
      known,
      'v8js_memory_heap_limit_bytes',
      'Size of the heap at which V8 ends the process',
      'heapLimit',
    ),
    bytes(known, 'v8js_memory_external_bytes', 'Memory outside the heap that objects in it own', 'external'),
    {
      name: 'process_cpu_time_seconds_total',
      help: 'CPU time',
      type: 'counter',
      points: [
        ...pairs(slots, 'cpu_mode', { user: 'cpuUserMs', system: 'cpuSystemMs' }),
        { labels: { ...MASTER, cpu_mode: 'user' }, value: inSeconds(master.cpuUserMs) },
        { labels: { ...MASTER, cpu_mode: 'system' }, value: inSeconds(master.cpuSystemMs) },
      ],
    },
    {
      name: 'process_memory_usage_bytes',
      help: 'Memory that the process holds',
      type: 'gauge',
      points: [...memory, { labels: MASTER, value: status.memory }],
    },
    {
      name: 'process_open_file_descriptors',
      help: 'Open file descriptors',
      type: 'gauge',
      points: [
        ...known.flatMap(({ slot, runtime }) => pointsOf(slot, runtime?.openFiles)),
        ...(master.openFiles === undefined ? [] : [{ labels: MASTER, value: master.openFiles }]),
      ],
    },
    {
      name: 'process_uptime_seconds',
      help: 'Time since the start of the process',
      type: 'gauge',
      points: [
        ...newestBySlot(status).map(({ slot, uptimeMs }) => ({
          labels: workerOf(slot),
          value: inSeconds(uptimeMs),
        })),
        { labels: MASTER, value: inSeconds(master.uptimeMs) },
      ],
    },
  ];
}

const pointsOf = (slot: number, value: number | undefined): Point[] =>
  value === undefined ? [] : [{ labels: workerOf(slot), value }];

type Rising = Exclude<keyof RuntimeSums, 'gc'>;

const pairs = (slots: readonly SlotMetrics[], label: string, of: Readonly<Record<string, Rising>>): Point[] =>
  slots.flatMap(({ slot, sums }) =>
    Object.entries(of).map(([name, key]) => ({
      labels: { ...workerOf(slot), [label]: name },
      value: inSeconds(sums[key]),
    })),
  );

const DELAYS: Readonly<Record<keyof LoopDelay, string>> = {
  min: 'Shortest',
  max: 'Longest',
  mean: 'Mean of the',
  stddev: 'Standard deviation of the',
  p50: 'Median of the',
  p90: '90th percentile of the',
  p99: '99th percentile of the',
};

const delays = (slots: readonly SlotMetrics[]): Family[] =>
  Object.entries(DELAYS).map(([key, what]) => ({
    name: `nodejs_eventloop_delay_${key}_seconds`,
    help: `${what} time between two looks of a timer of 20 ms, in the last ten seconds`,
    type: 'gauge',
    points: slots.flatMap(({ slot, runtime }) => {
      const ms = runtime?.loopDelay?.[key as keyof LoopDelay];
      return pointsOf(slot, ms === undefined ? undefined : inSeconds(ms));
    }),
  }));

type Size = 'heapUsed' | 'heapTotal' | 'heapLimit' | 'external';

const bytes = (
  slots: readonly SlotMetrics[],
  name: string,
  help: string,
  key: Size & keyof Runtime,
): Family => ({
  name,
  help,
  type: 'gauge',
  points: slots.flatMap(({ slot, runtime }) => pointsOf(slot, runtime?.[key])),
});

/** Workers are listed by age. */
const newestBySlot = ({ workers }: Facts['status']) => [
  ...new Map(workers.map((worker) => [worker.slot, worker])).values(),
];

const memoryBySlot = (status: Facts['status']): Point[] =>
  newestBySlot(status).flatMap(({ slot, memory }) => pointsOf(slot, memory));
