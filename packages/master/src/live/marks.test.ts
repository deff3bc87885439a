import type { LoggedLine } from './mark-line.ts';
import { type Mark, Marks } from './marks.ts';

let marks: Marks;
let version: number;

beforeEach(() => {
  version = 0;
  marks = new Marks(() => ++version);
});

/** Adds lines, a second apart. */
function tell(...lines: readonly (Partial<LoggedLine> & { readonly event: string })[]): void {
  lines.forEach((line, n) => {
    marks.add({ time: (n + 1) * 1_000, level: 'info', msg: `${line.event} is told`, ...line });
  });
}
const all = (): Mark[] => marks.since(0);
const events = ({ lines }: Mark): (string | undefined)[] => lines.map(({ event }) => event);

const WORKER = { worker: 2, gen: 3, pid: 77 };
const STACK = [{ function: 'spins', file: '/srv/app.mjs', line: 4, column: 16 }];

test('a reload is one mark, from its begin to its verdict, with its steps', () => {
  tell(
    { event: 'reload-started', generation: 3 },
    { event: 'spawned', ...WORKER, step: 1, of: 2 },
    { event: 'slow-request', worker: 0, gen: 2, pid: 5 },
    { event: 'ready', ...WORKER, step: 2, of: 2 },
    { event: 'reload-finished', generation: 3, outcome: 'committed', msg: 'reload to gen=3 committed\nmore' },
  );
  expect(all()).toMatchObject([
    {
      kind: 'reload',
      at: 1_000,
      until: 5_000,
      generation: 3,
      result: 'good',
      title: 'reload to gen=3 committed',
    },
  ]);
  expect(events(all()[0] as Mark)).toEqual(['reload-started', 'spawned', 'ready', 'reload-finished']);
});

test('a worker that fails a reload is told by the mark of the reload', () => {
  tell(
    { event: 'reload-started', generation: 3 },
    { event: 'broken', ...WORKER, lastLines: ['no database'] },
    { event: 'rolling-back', generation: 3 },
    { event: 'reload-finished', generation: 3, outcome: 'rolled-back' },
  );
  expect(all()).toMatchObject([
    { kind: 'reload', result: 'bad', lines: [{}, { lastLines: ['no database'] }, {}, {}] },
  ]);
});

test('a reload that is refused before it begins has a mark', () => {
  tell({ event: 'reload-finished', generation: 3, outcome: 'refused' });
  expect(all()).toMatchObject([{ kind: 'reload', at: 1_000, until: 1_000, result: 'bad' }]);
});

test('a hang is one mark with stack, requests and what it has cost', () => {
  tell(
    { event: 'rescuing', ...WORKER },
    {
      event: 'hung',
      ...WORKER,
      msg: 'stuck in spins',
      stack: STACK,
      requests: [{ method: 'GET', path: '/' }],
    },
    { event: 'ready', worker: 2, gen: 3, pid: 78 },
    { event: 'contained', ...WORKER },
    { event: 'exited', ...WORKER },
  );
  expect(all()).toMatchObject([{ kind: 'hang', worker: 2, result: 'bad', title: 'stuck in spins' }]);
  expect(events(all()[0] as Mark)).toEqual(['rescuing', 'hung', 'contained', 'exited']);
  expect(all()[0]?.lines[1]).toMatchObject({ stack: STACK, requests: [{ path: '/' }] });
});

test('a worker that hangs while it is recycled has a mark of its own for that', () => {
  tell({ event: 'recycling', ...WORKER }, { event: 'draining', ...WORKER }, { event: 'hung', ...WORKER });
  expect(all().map(({ kind }) => kind)).toEqual(['recycle', 'hang']);
});

test('a new process with the pid of an old one has a story of its own', () => {
  tell(
    { event: 'crashed', ...WORKER },
    { event: 'exited', ...WORKER },
    { event: 'spawned', ...WORKER },
    { event: 'crashed', ...WORKER },
  );
  expect(all().map(events)).toEqual([['crashed', 'exited'], ['crashed']]);
});

test('a change of size by three is one mark', () => {
  tell(
    { event: 'resized', from: 2, size: 3, target: 5 },
    { event: 'resized', from: 3, size: 4, target: 5 },
    { event: 'resized', from: 4, size: 5, target: 5 },
    { event: 'resized', from: 5, size: 4, target: 4 },
  );
  expect(all()).toMatchObject([
    { kind: 'scale', at: 1_000, until: 3_000 },
    { kind: 'scale', at: 4_000, until: 4_000 },
  ]);
});

test('since() has the marks that have changed', () => {
  tell({ event: 'crashed', ...WORKER }, { event: 'recycling', worker: 0, gen: 3, pid: 5 });
  const seen = version;
  expect(marks.since(seen)).toEqual([]);
  tell({ event: 'contained', ...WORKER });
  expect(marks.since(seen)).toMatchObject([{ kind: 'crash', until: 1_000 }]);
});

test('a long story keeps its begin and its end', () => {
  tell(
    { event: 'reload-started', generation: 3 },
    ...Array.from({ length: 200 }, (_, step) => ({ event: 'ready', step })),
    { event: 'reload-finished', generation: 3, outcome: 'committed' },
  );
  const [mark] = all();
  expect(mark?.lines).toHaveLength(40);
  expect(mark?.leftOut).toBe(162);
  expect(events(mark as Mark).at(0)).toBe('reload-started');
  expect(events(mark as Mark).at(-1)).toBe('reload-finished');
});

test('recycles that ended well make room before anything else does', () => {
  tell({ event: 'crashed', worker: 0, gen: 1, pid: 1 }, { event: 'exited', worker: 0, gen: 1, pid: 1 });
  for (let pid = 2; pid <= 500; pid++)
    tell({ event: 'recycling', worker: 1, gen: 1, pid }, { event: 'exited', worker: 1, gen: 1, pid });
  expect(all()).toHaveLength(200);
  expect(all().map(({ kind }) => kind)).toEqual(['crash', ...new Array(199).fill('recycle')]);
});
test('marks are bounded in number and bytes, however many crash with however much', () => {
  const huge = 'ü'.repeat(3_000);
  for (let pid = 1; pid <= 300; pid++) {
    const stack = Array.from({ length: 40 }, () => ({ function: huge, file: huge }));
    const lastLines = Array.from({ length: 40 }, () => huge);
    tell({ event: 'crashed', worker: 0, gen: 1, pid, msg: huge, stack, requests: stack, lastLines });
  }
  expect(all().length).toBeGreaterThan(3);
  expect(all().length).toBeLessThanOrEqual(200);
  expect(Buffer.byteLength(JSON.stringify(all()))).toBeLessThan(600_000);
  expect(all().at(-1)?.lines[0]?.lastLines).toHaveLength(20);
  // Small ones, and stories that never end.
  for (let pid = 1; pid <= 1_000; pid++)
    tell({ event: 'degraded' }, { event: 'crashed', pid }, { event: 'degraded' });
  expect(all()).toHaveLength(200);
});

test('a leave is one mark until the server stays, or stops, which is one of its own', () => {
  tell(
    { event: 'leaving', msg: 'leaving: by tshorn leave' },
    { event: 'staying' },
    { event: 'leaving' },
    { event: 'leaving', msg: 'leaving: graceful stop by SIGTERM in 5 s' },
    { event: 'stopping' },
    { event: 'stopping', msg: 'stopping: quick stop by SIGINT' },
    { event: 'stopped' },
  );
  expect(all()).toMatchObject([
    { kind: 'leave', at: 1_000, until: 2_000, result: 'good', title: 'leaving: by tshorn leave' },
    { kind: 'leave', at: 3_000, until: 5_000, result: 'neutral', title: expect.stringMatching(/by SIGTERM/) },
    { kind: 'stop', at: 5_000, until: 7_000, result: 'neutral', title: expect.stringMatching(/by SIGINT/) },
  ]);
});

test('a stop because the first start has failed is bad, and that of a master that has been replaced is none', () => {
  tell({ event: 'stopping', level: 'fatal' }, { event: 'stopped', level: 'error' });
  expect(all()).toMatchObject([{ kind: 'stop', result: 'bad' }]);
  marks = new Marks(() => ++version);
  tell(
    { event: 're-exec-started', pid: 9 },
    { event: 're-exec-finished', outcome: 'committed', pid: 9 },
    { event: 'stopping' },
  );
  expect(all().map(({ kind }) => kind)).toEqual(['re-exec']);
});
