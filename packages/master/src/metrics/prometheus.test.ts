import { spawnSync } from 'node:child_process';
import { DURATION_BOUNDS, NO_RESPONSE, OTHER_STATUS, type Series } from '@tshorn/core';
import { noneContained } from '../decide/contained.ts';
import type { MasterStatus } from '../status.ts';
import type { Facts } from './facts.ts';
import { familiesOf } from './families.ts';
import { NoticeCounts } from './notice-counts.ts';
import { prometheusText } from './prometheus.ts';
import { Registry } from './registry.ts';

const status: MasterStatus = {
  pid: 1,
  state: 'running',
  generation: 3,
  size: 1,
  desired: { workers: 1, by: 'config' },
  memory: 5_000,
  listeners: [],
  cwd: '/',
  containment: noneContained(),
  exits: { left: 2, 'clean-up': 0, boot: 0, crash: 1, hang: 0, killed: 0 },
  traffic: { handoff: 'on', moved: 4, refused: { tls: 2 }, closed: 5, forceClosed: 6 },
  workers: [
    { slot: 0, generation: 2, pid: 2, state: 'draining', uptimeMs: 9_000, connections: 3, memory: 1 },
    { slot: 0, generation: 3, pid: 3, state: 'ready', uptimeMs: 1_000, connections: 4, memory: 2 },
  ],
};
const series = (name: Partial<Series>): Series => ({
  method: 'GET',
  status: 200,
  counts: [2, 1, ...new Array<number>(DURATION_BOUNDS.length - 1).fill(0)],
  sumMs: 20.5,
  ...name,
});

function facts(more: Partial<Facts> = {}): Facts {
  const registry = new Registry();
  const gc = [{ kind: 'minor' as const, counts: [1, 0, 0, 0, 0], sumMs: 1 }];
  registry.report(
    1,
    0,
    {
      series: [
        series({}),
        series({ route: '/a"b\\c' }),
        series({ status: 503 }),
        series({ status: OTHER_STATUS }),
        series({ status: NO_RESPONSE }),
      ],
      active: 2,
      runtime: {
        loopActiveMs: 1,
        loopIdleMs: 2,
        cpuUserMs: 3,
        cpuSystemMs: 4,
        heapUsed: 5,
        heapTotal: 6,
        heapLimit: 7,
        external: 8,
        openFiles: 9,
        loopDelay: { min: 1, max: 2, mean: 3, stddev: 4, p50: 5, p90: 6, p99: 7 },
        gc,
      },
    },
    1_000,
  );
  return {
    slots: registry.slots(),
    counts: new NoticeCounts(),
    status,
    queue: { queues: [{ address: '127.0.0.1:80', waiting: 3 }], overflows: 1 },
    master: { cpuUserMs: 1_500, cpuSystemMs: 500, uptimeMs: 10_000, openFiles: undefined },
    release: 'v1 "x"\n',
    version: '0.1.0',
    now: 3_500,
    ...more,
  };
}
const textOf = (more?: Partial<Facts>) => prometheusText(familiesOf(facts(more)));

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
(hasPromtool ? test : test.skip)('promtool has nothing to say', () => {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync('promtool', ['check', 'metrics'], {
    input: textOf(),
    encoding: 'utf8',
  });
  expect([code, stdout, stderr]).toEqual([0, '', '']);
});

test('requests have the labels of the semantic conventions, and buckets that add up', () => {
  const lines = textOf().split('\n');
  const name = 'http_server_request_duration_seconds';
  const labels = 'worker="0",http_request_method="GET",http_response_status_code="200"';
  expect(lines).toContain(`${name}_bucket{${labels},le="0.005"} 2`);
  expect(lines).toContain(`${name}_bucket{${labels},le="0.01"} 3`);
  expect(lines).toContain(`${name}_bucket{${labels},le="+Inf"} 3`);
  expect(lines).toContain(`${name}_sum{${labels}} 0.0205`);
  expect(lines).toContain(`${name}_count{${labels},http_route="/a\\"b\\\\c"} 3`);
  const count = `${name}_count{worker="0",http_request_method="GET",`;
  expect(lines).toContain(`${count}http_response_status_code="503",error_type="503"} 3`);
  expect(lines).toContain(`${count}http_response_status_code="_OTHER"} 3`);
  expect(lines).toContain(`${count}error_type="connection_closed"} 3`);
});

test('each counter whose labels are known is there from the start, and so is each state', () => {
  const text = textOf({ slots: [] });
  for (const plan of ['rolling', 'canary', 'overlap', 'replace'])
    for (const outcome of ['committed', 'rolled-back', 'failed', 'refused', 'aborted'])
      expect(text).toContain(`tshorn_reloads_total{plan="${plan}",outcome="${outcome}"} 0\n`);
  expect(text).toContain('tshorn_workers{state="ready"} 1\n');
  expect(text).toContain('tshorn_workers{state="hung"} 0\n');
  expect(text).toContain('tshorn_worker_exits_total{reason="hang"} 0\n');
  expect(text).toContain('tshorn_worker_exits_total{reason="crash"} 1\n');
});

test('a text cannot leave its label', () => {
  expect(textOf()).toContain('tshorn_release_info{release="v1 \\"x\\"\\n"} 1\n');
});

test('gauges of a slot are those of its newest worker, and its connections those of both', () => {
  const text = textOf();
  expect(text).toContain('process_memory_usage_bytes{worker="0"} 2\n');
  expect(text).toContain('process_memory_usage_bytes{process="master"} 5000\n');
  expect(text).toContain('tshorn_connections{worker="0"} 7\n');
  expect(text).toContain('tshorn_worker_last_report_age_seconds{worker="0"} 2.5\n');
});

test('the verdict of a reload is counted by plan, with its duration; one that never began has none', () => {
  const counts = new NoticeCounts();
  const finished = {
    event: 'reload-finished',
    level: 'info',
    generation: 2,
    operation: { kind: 'reload', by: 'x', ids: [] },
    replaced: 1,
    tookMs: 3_000,
  } as const;
  counts.notice({ event: 'started', level: 'info', size: 1 }, 1_000);
  counts.notice({ ...finished, plan: 'canary', outcome: 'committed' }, 5_000);
  counts.notice({ ...finished, plan: 'rolling', outcome: 'refused' }, 6_000);
  const text = textOf({ counts });
  expect(text).toContain('tshorn_reloads_total{plan="canary",outcome="committed"} 1\n');
  expect(text).toContain('tshorn_reloads_total{plan="rolling",outcome="refused"} 1\n');
  expect(text).toContain('tshorn_last_reload_successful 0\n');
  expect(text).toContain('tshorn_last_reload_success_timestamp_seconds 5\n');
  expect(text).toContain('tshorn_reload_duration_seconds_count 1\n');
  expect(text).toContain('tshorn_reload_duration_seconds_bucket{le="2.5"} 0\n');
  expect(text).toContain('tshorn_reload_duration_seconds_bucket{le="5"} 1\n');
});

test('a server that leaves or stops says so, also during a reload', () => {
  const leavingOf = (more: Partial<MasterStatus>) =>
    /^tshorn_leaving (\d)$/m.exec(prometheusText(familiesOf(facts({ status: { ...status, ...more } }))))?.[1];
  expect(leavingOf({})).toBe('0');
  expect(leavingOf({ state: 'reloading', leave: { by: 'tshorn leave', since: '' } })).toBe('1');
  expect(leavingOf({ state: 'leaving' })).toBe('1');
  expect(leavingOf({ state: 'draining' })).toBe('1');
});

test('versions are told, and the reasons why connections stay before the first one does', () => {
  const { traffic: _, ...early } = status;
  const text = prometheusText(familiesOf(facts({ status: early })));
  expect(text).toContain(`tshorn_build_info{version="0.1.0",node="${process.version}"} 1\n`);
  expect(text).toContain('tshorn_connections_refused_total{reason="no-taker"} 0\n');
  const later = prometheusText(familiesOf(facts()));
  expect(later).toContain('tshorn_connections_refused_total{reason="tls"} 2\n');
});
