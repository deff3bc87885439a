import type { Notice } from '../decide/notice.ts';
import { Report } from './report.ts';

const MONOTONIC = 123_456n;

function begun() {
  const report = new Report(42);
  const say = (notice: Notice) => report.of(notice, MONOTONIC)?.assignments;
  return { report, say };
}

const STARTED: Notice = { event: 'started', level: 'info', size: 2 };
const operation = { kind: 'reload', by: 'SIGHUP', ids: [] } as const;
const RELOAD: Notice = { event: 'reload-started', level: 'info', generation: 2, operation };
const finished = (more: Partial<Extract<Notice, { event: 'reload-finished' }>>): Notice => ({
  event: 'reload-finished',
  operation,
  level: 'info',
  generation: 2,
  outcome: 'committed',
  serving: 2,
  replaced: 2,
  tookMs: 1_200,
  ...more,
});
const STOPPING: Notice = { event: 'stopping', level: 'info', text: 'graceful stop by SIGTERM' };
const ready: Notice = {
  event: 'ready',
  level: 'info',
  worker: { slot: 0, generation: 2, pid: 9 },
  position: { step: 2, of: 10 },
};

test('a start, a reload, a reload that fails and a stop, in the order of the manual', () => {
  const { report, say } = begun();
  expect(report.starting(2).assignments).toEqual([
    'EXTEND_TIMEOUT_USEC=30000000',
    'STATUS=starting 2 workers',
  ]);
  expect(say(ready)).toBeUndefined();
  expect(say(STARTED)).toEqual(['READY=1', 'MAINPID=42', 'STATUS=started: 2 workers ready']);
  expect(say(RELOAD)).toEqual([
    'RELOADING=1',
    'MONOTONIC_USEC=123456',
    'EXTEND_TIMEOUT_USEC=30000000',
    'STATUS=reload to gen=2 by SIGHUP',
  ]);
  expect(say(finished({}))).toEqual([
    'READY=1',
    'STATUS=reload to gen=2 committed: 2 workers replaced in 1.2s',
  ]);
  expect(say(RELOAD)?.[0]).toBe('RELOADING=1');
  expect(say(finished({ outcome: 'rolled-back', serving: 1, reason: 'it hangs' }))).toEqual([
    'READY=1',
    'STATUS=reload to gen=2 rolled back after 1.2s, gen=1 still serves: it hangs',
  ]);
  expect(say(STOPPING)).toEqual([
    'STOPPING=1',
    'EXTEND_TIMEOUT_USEC=30000000',
    'STATUS=stopping: graceful stop by SIGTERM',
  ]);
});

test('nothing makes a service ready again that stops', () => {
  const { say } = begun();
  for (const notice of [STARTED, RELOAD, STOPPING]) say(notice);
  expect(say(finished({ outcome: 'aborted', reason: 'stopped by SIGTERM' }))).toBeUndefined();
  expect(say({ ...STOPPING, text: 'now stop by SIGINT' })).toBeUndefined();
});

test('more time is asked for while a start, a reload or a stop lasts, with how far it has come', () => {
  const { report, say } = begun();
  report.starting(2);
  expect(report.progress()).toMatchObject({ repeats: 'progress' });
  say(STARTED);
  expect(report.progress()).toBeUndefined();
  say(RELOAD);
  say(ready);
  expect(report.progress()?.assignments).toEqual([
    'EXTEND_TIMEOUT_USEC=30000000',
    'STATUS=step 2/10 ready worker=0 gen=2 pid=9',
  ]);
  say(finished({}));
  expect(report.progress()).toBeUndefined();
  say(STOPPING);
  expect(report.progress()?.assignments).toContain('STATUS=stopping: graceful stop by SIGTERM');
});

test('the reason that an app gives can neither add an assignment nor outgrow the datagram', () => {
  const { say } = begun();
  say(STARTED);
  say(RELOAD);
  const reason = `bad\tnews\0 ${'é'.repeat(5_000)}\nMAINPID=1`;
  const assignments = say(finished({ outcome: 'refused', serving: 1, reason })) ?? [];
  expect(assignments).toHaveLength(2);
  expect(assignments.join('\n')).not.toMatch(/MAINPID|\0|\t/);
  expect(Buffer.byteLength(assignments.join('\n'))).toBeLessThan(4_096);
});

test('another number of workers is a new status of a service that stays ready', () => {
  const { say } = begun();
  say(STARTED);
  expect(say({ event: 'resized', level: 'info', size: 3, from: 2, target: 3, operation })).toEqual([
    'STATUS=workers: 2 -> 3',
  ]);
});
