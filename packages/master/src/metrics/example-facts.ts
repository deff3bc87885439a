/** Facts of a small server, from which every family has a point: docs/metrics.md and tests are made of them. */
import { DURATION_BOUNDS, EXIT_KINDS, GC_BOUNDS } from '@tshorn/core';
import { noneContained } from '../decide/contained.ts';
import type { Facts } from './facts.ts';
import { NoticeCounts } from './notice-counts.ts';
import { Registry } from './registry.ts';

const filled = (length: number): number[] => new Array<number>(length).fill(1);

export function exampleFacts(): Facts {
  const registry = new Registry();
  const runtime = {
    loopActiveMs: 100,
    loopIdleMs: 900,
    cpuUserMs: 80,
    cpuSystemMs: 20,
    heapUsed: 10_000_000,
    heapTotal: 20_000_000,
    heapLimit: 2_000_000_000,
    external: 1_000_000,
    openFiles: 25,
    loopDelay: { min: 20, max: 30, mean: 21, stddev: 1, p50: 21, p90: 22, p99: 25 },
    gc: [{ kind: 'minor' as const, counts: filled(GC_BOUNDS.length + 1), sumMs: 3 }],
  };
  const counts = filled(DURATION_BOUNDS.length + 1);
  const series = [{ method: 'GET' as const, status: 500, route: '/users/:id', counts, sumMs: 1_000 }];
  const shed = { loop: 1, limit: 1, proxy: 0, 'client-gone': 0 };
  registry.report(1, 0, { series, active: 1, runtime, shed }, 0);
  // Rates are between two reports.
  const later = { loopActiveMs: 200, loopIdleMs: 1_800, cpuUserMs: 160, cpuSystemMs: 40 };
  registry.report(1, 0, { series, active: 1, runtime: { ...runtime, ...later } }, 1_000);
  const notices = new NoticeCounts();
  notices.notice({ event: 'started', level: 'info', size: 1 }, 0);
  return {
    slots: registry.slots(),
    counts: notices,
    status: {
      pid: 1,
      state: 'running',
      generation: 1,
      size: 1,
      desired: { workers: 1, by: 'config', range: '1..4', load: 0.2 },
      memory: 50_000_000,
      listeners: ['127.0.0.1:8000'],
      certificates: [
        {
          file: '/etc/ssl/example.com.pem',
          names: ['example.com'],
          notBefore: '2026-11-02T00:00:00.000Z',
          notAfter: '2027-01-31T00:00:00.000Z',
        },
      ],
      cwd: '/srv/app',
      containment: noneContained(),
      exits: Object.fromEntries(EXIT_KINDS.map((kind) => [kind, 0])) as Facts['status']['exits'],
      traffic: { handoff: 'on', moved: 0, refused: { upgraded: 0 }, closed: 0, forceClosed: 0 },
      workers: [
        {
          slot: 0,
          generation: 1,
          pid: 2,
          state: 'ready',
          uptimeMs: 1_000,
          connections: 1,
          memory: 60_000_000,
        },
      ],
    },
    queue: { queues: [{ address: '127.0.0.1:8000', waiting: 0 }], overflows: 0 },
    master: { cpuUserMs: 10, cpuSystemMs: 10, uptimeMs: 2_000, openFiles: 30 },
    release: 'v1.4.2',
    version: '0.1.0',
    now: 1_000,
  };
}
