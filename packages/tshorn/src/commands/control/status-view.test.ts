import { formatAge, plain } from '../style.ts';
import { type Status, statusText } from './status-view.ts';

const escaped = (text: string) => text.replace(/[()]/g, '\\$&');
const NOW = Date.parse('2026-01-02T03:04:05Z');
const STATUS: Status = {
  version: '0.1.0',
  node: 'v20.19.0',
  pid: 700,
  state: 'running',
  generation: 3,
  size: 2,
  memory: 61 * 1024 * 1024,
  uptimeMs: 7_500_000,
  control: '/run/t.sock',
  app: '/srv/app.js',
  listeners: ['127.0.0.1:8000', 'unix:/run/app.sock'],
  containment: {
    crashes: 0,
    hangs: 0,
    interrupted: 0,
    rescued: 0,
    finished: 0,
    lost: 0,
    lostUnknown: 0,
    inFlight: 0,
  },
  traffic: { handoff: 'on', moved: 31, refused: { busy: 2 }, closed: 1, forceClosed: 0 },
  workers: [
    {
      slot: 1,
      generation: 3,
      pid: 1212,
      state: 'ready',
      uptimeMs: 61_000,
      connections: 1234,
      requests: 98_765,
      memory: 52 * 1024 * 1024,
    },
    { slot: 0, generation: 3, pid: undefined, state: 'spawned', uptimeMs: 10, connections: 0 },
  ],
  reloads: [
    {
      generation: 3,
      outcome: 'committed',
      by: 'SIGHUP',
      at: '2026-01-02T03:04:00Z',
      replaced: 2,
      tookMs: 405,
    },
    {
      generation: 4,
      outcome: 'failed',
      reason: 'app: no\nhere',
      by: 'me',
      at: '2026-01-02T03:04:03Z',
      replaced: 0,
      tookMs: 9,
    },
  ],
};

it('is aligned, sorted, and says why a reload has failed', () => {
  expect(statusText(STATUS, { now: NOW, paint: plain, width: undefined })).toBe(
    `tshorn 0.1.0  master 700  running  generation 3  up 2h 5m

app        /srv/app.js
listening  http://127.0.0.1:8000  unix:/run/app.sock
node       v20.19.0
control    /run/t.sock
memory     master 61 MB, workers 52 MB
traffic    moved 31, closed 1, force-closed 0, refused busy 2; handoff on

WORKER  GEN   PID  STATE    UPTIME  CONNECTIONS  REQUESTS  MEMORY
     0    3     -  spawned      0s            0         -       -
     1    3  1212  ready     1m 1s         1234     98765   52 MB

RELOAD  OUTCOME    REPLACED   TOOK   ENDED  BY
 gen 4  failed            0    9ms  2s ago  me
        app: no
        here
 gen 3  committed         2  405ms  5s ago  SIGHUP`,
  );
});

describe('why there are as many workers as there are', () => {
  const text = (desired: Status['desired'], size = 4) =>
    /^workers +(.*)$/m.exec(
      statusText({ ...STATUS, size, desired }, { now: NOW, paint: plain, width: undefined }),
    )?.[1];

  it('is told where the config alone does not say so', () => {
    expect(text({ workers: 4, by: 'config' })).toBeUndefined();
    expect(text({ workers: 4, by: 'SIGTTIN' })).toBe('4, by SIGTTIN');
    expect(text({ workers: 4, by: 'SIGTTIN', pinned: '1..4' })).toBe(
      '4, pinned by SIGTTIN; the config has 1..4: tshorn scale auto',
    );
    expect(text({ workers: 6, by: 'tshorn scale' })).toBe('4, 6 wanted, by tshorn scale');
  });

  it('is the load with its figures, and what holds it, where the number follows that', () => {
    const range = { workers: 4, by: 'config', range: '2..auto', rangeBy: 'config' };
    expect(text(range)).toBe('4 of 2..auto');
    expect(text({ ...range, rangeBy: 'tshorn scale', load: 1.5 })).toBe(
      '4 of 2..auto (tshorn scale); load 1.50',
    );
    expect(text({ ...range, cpus: 2 })).toBe('4 of 2..auto (2 CPUs)');
    const scaled = {
      ...range,
      by: 'scaler',
      since: '2026-01-02T03:03:25Z',
      why: 'event loops 97% busy',
      load: 1.31,
    };
    expect(text(scaled)).toBe('4 of 2..auto; load 1.31; set 40s ago: event loops 97% busy');
    expect(text({ ...range, held: 'the load asks for 8, and 4 is the most' })).toBe(
      '4 of 2..auto; held: the load asks for 8, and 4 is the most',
    );
  });
});

it('says of a slot in back-off when it tries again and why it has failed, and since when workers are missing', () => {
  const text = statusText(
    {
      ...STATUS,
      degraded: { ready: 1, size: 2, reason: 'exit code 7', since: '2026-01-02T03:03:53Z' },
      workers: STATUS.workers.slice(0, 1),
      backoff: [{ slot: 0, nextMs: 11_200, failures: 9, reason: 'exit code 7' }],
      reloads: [],
    },
    { now: NOW, paint: plain, width: undefined },
  );
  expect(text).toContain('degraded   1 of 2 workers ready for 12s: exit code 7\n');
  expect(text).toContain(`
     0    -     -  back-off       -            -         -       -
        next attempt in 12s, 9 failures: exit code 7
     1    3  1212  ready `);
});

it('says of a slot in watch mode that it waits for the next save', () => {
  const backoff = [{ slot: 0, failures: 1, reason: 'syntax error' }];
  const text = statusText(
    { ...STATUS, workers: [], backoff, reloads: [] },
    { now: NOW, paint: plain, width: undefined },
  );
  expect(text).toContain('\n        waits for the next save, 1 failure: syntax error');
});

it('says under a worker that drains what it still has', () => {
  const [worker] = STATUS.workers;
  const workers = [{ ...worker!, state: 'draining', remaining: { upgraded: 2, queue: 1, requests: 9 } }];
  expect(
    statusText({ ...STATUS, workers, reloads: [] }, { now: NOW, paint: plain, width: undefined }),
  ).toMatch(/ {2}draining .*\n {8}still has upgraded 2, queue 1, requests 9$/);
});

it.each([
  [{ crashes: 1, finished: 12, lost: 1 }, '1 crash; rescued 0, finished 12, lost 1'],
  [{ lostUnknown: 1, inFlight: 5 }, '0 crashes; rescued 0, finished 0, lost 0, unknown for 1 (5 in flight)'],
  [
    { hangs: 4, lost: 21, lostUnknown: 3 },
    '4 hangs (0 interrupted); rescued 0, finished 0, lost 21, unknown for 3',
  ],
  [
    { crashes: 2, hangs: 3, interrupted: 2, rescued: 97, finished: 12, lost: 18 },
    '2 crashes, 3 hangs (2 interrupted); rescued 97, finished 12, lost 18',
  ],
])('says what crashes and hangs have cost, once there are any: %j', (sums, text) => {
  const containment = { ...STATUS.containment, ...sums };
  const around = { now: NOW, paint: plain, width: undefined };
  expect(statusText({ ...STATUS, containment }, around)).toContain(`contained  ${text}\n`);
});

it.each([
  [
    { by: 'SIGTERM', beginsInMs: 4_200 },
    'by SIGTERM in 5s (--stop-delay); all requests are served; a second request stops now',
  ],
  [{ by: 'tshorn stop' }, 'by tshorn stop; the workers finish what they have'],
])('says of a stop who asked for it, and when it begins: %j', (stop, text) => {
  const around = { now: NOW, paint: plain, width: undefined };
  expect(statusText({ ...STATUS, state: 'leaving', stop }, around)).toMatch(
    new RegExp(`stopping +${escaped(text)}\n`),
  );
});

it.each([
  [0, '0s'],
  [59_999, '59s'],
  [725_000, '12m 5s'],
  [11_520_000, '3h 12m'],
  [450_000_000, '5d 5h'],
])('%d ms is %s', (ms, text) => expect(formatAge(ms)).toBe(text));
