import type { Notice } from '../decide/notice.ts';
import type { ToNewMaster } from './messages.ts';
import {
  beginTakeOver,
  type TakeOver,
  type TakeOverEffect,
  type TakeOverEvent,
  takeOver,
} from './take-over.ts';

const noticed = (notice: object): TakeOverEvent => ({
  type: 'noticed',
  notice: notice as Notice,
  workers: 2,
});
const told = (message: ToNewMaster): TakeOverEvent => ({ type: 'told', message });
const complete = noticed({ event: 'started', size: 2 });
const order = told({ type: 'take-over' });
const standDown = told({ type: 'stand-down', mode: 'graceful', reason: 'too late' });
const orphaned: TakeOverEvent = { type: 'orphaned' };
const disconnected: TakeOverEvent = { type: 'disconnected' };
const taken: TakeOverEvent = { type: 'taken-over' };
const notTaken: TakeOverEvent = { type: 'not-taken-over', reason: 'cannot write the PID file' };

function play(...events: TakeOverEvent[]): { state: TakeOver; effects: TakeOverEffect[] } {
  let state = beginTakeOver(7);
  const effects = events.flatMap((event) => {
    const next = takeOver(state, event);
    state = next.state;
    return next.effects;
  });
  return { state, effects };
}

test('when all workers are ready the new master says so, takes over when it is told to, and answers', () => {
  const { state, effects } = play(complete, order, taken);
  expect(state.phase).toBe('active');
  expect(effects).toEqual([
    { do: 'send', message: { type: 'ready' } },
    { do: 'take-over' },
    { do: 'become-active', by: 'after pid 7' },
  ]);
});

const ENDS: [string, TakeOverEvent[], string | undefined][] = [
  ['it cannot start', [{ type: 'not-started', reason: 'no such option' }], 'no such option'],
  [
    'some of its workers are never ready',
    [noticed({ event: 'broken', text: 'a syntax error' }), noticed({ event: 'started', size: 1 })],
    'a syntax error',
  ],
  [
    'the app cannot be loaded',
    [noticed({ event: 'stopping', level: 'fatal', text: 'the app cannot be loaded' })],
    'cannot be loaded',
  ],
  [
    'it is stopped while it boots',
    [noticed({ event: 'stopping', level: 'info', text: 'graceful stop by SIGTERM' })],
    'SIGTERM',
  ],
  [
    'it is stopped while it takes over',
    [order, noticed({ event: 'stopping', level: 'info', text: 'graceful stop by SIGTERM' })],
    'SIGTERM',
  ],
  ['it cannot take over', [complete, order, notTaken], 'cannot write the PID file'],
  ['it is told to while it boots', [standDown], undefined],
  ['it is told to while it takes over', [complete, order, standDown, taken], undefined],
  ['it is told to when its answer is on the way', [complete, order, taken, standDown], undefined],
  ['the channel is closed, and the old master lives', [complete, disconnected], undefined],
  ['the channel is closed while it takes over', [complete, order, disconnected, taken], undefined],
];

describe('the new master ends, and leaves the old one active, when', () => {
  test.each(ENDS)('%s', (_when, events, reason) => {
    const { state, effects } = play(...events);
    expect(state.phase).toBe('ended');
    const sent = effects.flatMap((effect) =>
      effect.do === 'send' && effect.message.type === 'failed' ? [effect.message.reason] : [],
    );
    expect(sent).toEqual(reason === undefined ? [] : [expect.stringContaining(reason)]);
  });
});

describe('a new master whose old one is dead takes over', () => {
  test('at once, ready or not', () => {
    const { state, effects } = play(orphaned, taken);
    expect(state.phase).toBe('active');
    expect(effects).toContainEqual({ do: 'become-active', by: 'since pid 7 is gone' });
  });

  test('also when that happens while it takes over', () => {
    expect(play(complete, order, orphaned, taken).state.phase).toBe('active');
  });

  test('without the files that it cannot take: there is no other master', () => {
    const { state, effects } = play(complete, order, orphaned, notTaken, taken);
    expect(state.phase).toBe('active');
    expect(effects).toContainEqual({ do: 'take-what-is-there' });
  });
});
