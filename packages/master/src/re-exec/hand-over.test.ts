import {
  beginHandOver,
  type HandOver,
  type HandOverEffect,
  type HandOverEvent,
  handOver,
  isOver,
} from './hand-over.ts';
import type { ToOldMaster } from './messages.ts';

const started: HandOverEvent = { type: 'started', pid: 9, by: 'SIGUSR2' };
const expired: HandOverEvent = { type: 'expired' };
const disconnected: HandOverEvent = { type: 'disconnected' };
const reclaimed: HandOverEvent = { type: 'reclaimed' };
const exited = (code: number | null, signal: string | null = null): HandOverEvent => ({
  type: 'exited',
  code,
  signal,
});
const killed = exited(null, 'SIGKILL');
const told = (message: ToOldMaster): HandOverEvent => ({ type: 'told', message });
const hello = told({ type: 'hello', bootTimeout: 5_000 });
const ready = told({ type: 'ready' });
const tookOver = told({ type: 'took-over', kept: ['127.0.0.1:80'], takes: true });
const failed = told({ type: 'failed', reason: 'the app is broken' });
const stop: HandOverEvent = { type: 'stop', mode: 'graceful', reason: 'graceful stop by SIGTERM' };

/** Everything that happens to a new master, and what the old one does. */
function play(...events: HandOverEvent[]): { state: HandOver; effects: HandOverEffect[] } {
  let { state, effects } = beginHandOver({ bootTimeout: 60_000, grace: 30_000 });
  const all = [...effects];
  for (const event of events) {
    ({ state, effects } = handOver(state, event));
    all.push(...effects);
  }
  return { state, effects: all };
}

const notices = (effects: readonly HandOverEffect[]) =>
  effects.flatMap((effect) => (effect.do === 'tell' ? [effect.notice] : []));

test('a new master that works out takes over, and the old one stops', () => {
  const { state, effects } = play(started, hello, ready, tookOver);
  expect(state.phase).toBe('handed-over');
  expect(effects.map((effect) => effect.do)).toEqual([
    'set-timer',
    'tell',
    'set-timer',
    'set-timer',
    'send',
    'clear-timer',
    'hand-over',
    'tell',
  ]);
  expect(notices(effects).at(-1)).toMatchObject({ outcome: 'committed', pid: 9 });
});

/** Events after the start, and the reason in the log. */
const FAILURES: [string, HandOverEvent[], string][] = [
  ['cannot be spawned', [{ type: 'not-started', reason: 'spawn node ENOENT' }], 'ENOENT'],
  [
    'exits at once, and its program says why',
    [started, exited(1), { type: 'explained', text: 'SyntaxError' }],
    'SyntaxError',
  ],
  [
    'exits at once, and its program says nothing',
    [started, exited(7), { type: 'explained' }],
    'exited with code 7',
  ],
  [
    'exits at once, and its program hangs when it is asked',
    [started, exited(7), expired],
    'exited with code 7',
  ],
  ['exits with code 0', [started, exited(0)], 'exited with code 0'],
  ['is killed while it starts', [started, killed], 'killed by SIGKILL'],
  ['fails by itself while it boots', [started, hello, failed, exited(3)], 'the app is broken'],
  ['exits after its hello without a word', [started, hello, exited(3), { type: 'explained' }], 'code 3'],
  ['is killed while it boots', [started, hello, killed], 'killed by SIGKILL'],
  ['never says hello, and leaves when told to', [started, expired, exited(0)], 'not ready within 70 s'],
  [
    'is never ready, by its own --boot-timeout',
    [started, hello, expired, exited(0)],
    'not ready within 15 s',
  ],
  ['hangs, and has to be killed', [started, hello, expired, expired, killed], 'not ready within'],
  [
    'hangs in the kernel, where it cannot be killed',
    [started, hello, expired, expired, expired],
    'not ready within',
  ],
  ['takes over before it is told to', [started, hello, tookOver, exited(0), reclaimed], 'before it was told'],
  ['cannot take the PID file', [started, ready, failed, exited(0), reclaimed], 'the app is broken'],
  ['is killed while it takes over', [started, ready, killed, reclaimed], 'killed by SIGKILL'],
  ['exits while it takes over', [started, ready, exited(1), reclaimed], 'code 1'],
  ['never takes over', [started, ready, expired, exited(0), reclaimed], 'did not take over within 10 s'],
  ['takes over too late', [started, ready, expired, tookOver, exited(0), reclaimed], 'did not take over'],
  ['hangs while it takes over', [started, ready, expired, expired, killed, reclaimed], 'did not take over'],
  ['leaves files that cannot be reclaimed in time', [started, ready, killed, expired], 'killed by SIGKILL'],
  ['closes the channel and exits', [started, hello, disconnected, exited(0)], 'exited with code 0'],
  ['closes the channel and lives', [started, hello, disconnected, expired, exited(0)], 'closed the channel'],
  [
    'closes the channel while it takes over',
    [started, ready, disconnected, expired, exited(0), reclaimed],
    'closed the channel',
  ],
  ['closes the channel and hangs', [started, disconnected, expired, expired, killed], 'closed the channel'],
  [
    'says why, and closes the channel',
    [started, hello, failed, disconnected, exited(1)],
    'the app is broken',
  ],
  ['says garbage, and is killed', [started, told({ type: 'took', id: 1 }), killed], 'killed by SIGKILL'],
];

describe('the old master stays active when the new one', () => {
  test.each(FAILURES)('%s', (_what, events, reason) => {
    const { state, effects } = play(...events);
    expect(state.phase).toBe('failed');
    expect(effects.map((effect) => effect.do)).not.toContain('hand-over');
    const verdicts = notices(effects).filter(({ event }) => event === 're-exec-finished');
    expect(verdicts).toEqual([expect.objectContaining({ outcome: 'failed' })]);
    expect(verdicts[0]).toMatchObject({ reason: expect.stringContaining(reason) });
    expect(effects.at(-1)).toMatchObject({ do: 'tell' });
  });

  test.each(FAILURES)('%s: nothing that comes later changes that', (_what, events) => {
    for (const late of [
      started,
      hello,
      ready,
      tookOver,
      failed,
      disconnected,
      stop,
      expired,
      killed,
      reclaimed,
    ]) {
      const { state } = play(...events);
      expect(handOver(state, late)).toEqual({ state, effects: [] });
    }
  });
});

test('the files that the new master may have taken are reclaimed at once, and again when it is gone', () => {
  for (const events of [
    [started, ready, failed, exited(0), reclaimed],
    [started, ready, expired, tookOver, exited(0), reclaimed],
    [started, hello, tookOver, exited(0), reclaimed],
  ]) {
    expect(play(...events).effects.filter((effect) => effect.do === 'reclaim')).toHaveLength(2);
  }
  expect(play(started, ready, killed).effects.at(-1)).toEqual({ do: 'reclaim' });
  expect(play(started, hello, failed, exited(0)).effects).not.toContainEqual({ do: 'reclaim' });
});

test('a stop ends the new master, a second one faster, and the verdict does not blame it', () => {
  const { state, effects } = play(started, hello, stop, { ...stop, mode: 'now' }, exited(0));
  expect(state.phase).toBe('failed');
  const sent = effects.flatMap((effect) => (effect.do === 'send' ? [effect.message] : []));
  expect(sent).toMatchObject([{ type: 'stand-down', mode: 'graceful' }, { mode: 'now' }]);
  expect(notices(effects).at(-1)).toMatchObject({ level: 'warn', text: expect.stringContaining('aborted') });
});

test('a duration beyond what a timer holds is the longest one', () => {
  const { effects } = play(started, told({ type: 'hello', bootTimeout: 1e15 }));
  expect(effects.at(-1)).toEqual({ do: 'set-timer', ms: 2 ** 31 - 1 });
});

test('every phase that is not the end has a way out: whatever happens, expiry alone leads to the end', () => {
  const events = [
    started,
    hello,
    ready,
    tookOver,
    failed,
    disconnected,
    stop,
    expired,
    exited(1),
    killed,
    reclaimed,
  ];
  let states = [beginHandOver({ bootTimeout: 1, grace: 1 }).state];
  for (let depth = 0; depth < 4; depth++) {
    states = states.flatMap((state) => events.map((event) => handOver(state, event).state));
    for (let state of states) {
      for (let expiries = 0; !isOver(state) && expiries < 6; expiries++)
        state = handOver(state, expired).state;
      expect(isOver(state)).toBe(true);
    }
  }
});
