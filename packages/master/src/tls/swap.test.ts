import { decideSwap, type SwapEffect, type SwapEvent, type SwapState } from './swap.ts';

const begin = (serving: number[], others: number[] = []): SwapEvent => ({
  type: 'begin',
  revision: 2,
  serving,
  others,
});
const held = (serial: number): SwapEvent => ({ type: 'held', serial, revision: 2 });

function play(...events: SwapEvent[]): { state: SwapState; effects: string[] } {
  let state: SwapState = { serving: 1, swap: undefined };
  const effects: SwapEffect[] = [];
  for (const event of events) {
    const decision = decideSwap(state, event);
    state = decision.state;
    effects.push(...decision.effects);
  }
  return { state, effects: effects.filter((one) => !one.do.includes('timer')).map(textOf) };
}

function textOf(effect: SwapEffect): string {
  if (effect.do === 'end') return `${effect.use ? 'use' : 'drop'} ${effect.serial}`;
  if (effect.do === 'swapped') return `swapped, silent: ${effect.silent.join()}`;
  return 'serial' in effect ? `${effect.do} ${effect.serial}` : effect.do;
}

test('nobody uses the new ones before all have let their handshakes wait', () => {
  expect(play(begin([1, 2]), held(1)).effects).toEqual(['prepare 1', 'prepare 2']);
  const { state, effects } = play(begin([1, 2]), held(1), held(2));
  expect(effects.slice(2)).toEqual(['use 1', 'use 2', 'swapped, silent: ']);
  expect(state).toEqual({ serving: 2, swap: undefined });
});

test('one that cannot use them has all go on with the old ones', () => {
  const failed: SwapEvent = { type: 'failed', serial: 2, revision: 2, reason: 'no' };
  const { state, effects } = play(begin([1, 2], [3]), held(1), failed, held(3));
  expect(effects.slice(3)).toEqual(['drop 1', 'drop 2', 'drop 3', 'refused 2']);
  expect(state).toEqual({ serving: 1, swap: undefined });
});

test('one that hangs, and one that dies, are not waited for', () => {
  expect(play(begin([1, 2]), held(1), { type: 'expired' }).effects.slice(2)).toEqual([
    'use 1',
    'use 2',
    'swapped, silent: 2',
  ]);
  expect(play(begin([1, 2]), held(1), { type: 'gone', serial: 2 }).effects.slice(2)).toEqual([
    'use 1',
    'swapped, silent: ',
  ]);
});

test('one that boots meanwhile is told of it, and is not waited for', () => {
  const { effects } = play(begin([1]), { type: 'booting', serial: 2 }, held(2), held(1));
  expect(effects).toEqual(['prepare 1', 'prepare 2', 'use 1', 'use 2', 'swapped, silent: ']);
  expect(play({ type: 'booting', serial: 2 }).effects).toEqual([]);
});

test('one that could not use them, and was not waited for, is replaced', () => {
  const failed: SwapEvent = { type: 'failed', serial: 2, revision: 2, reason: 'no' };
  expect(play(begin([1], [2]), held(1), failed).effects.at(-1)).toBe('replace 2');
});

test('answers to an older swap change nothing, and without a worker there is nothing to wait for', () => {
  const old: SwapEvent = { type: 'held', serial: 1, revision: 1 };
  expect(play(begin([1]), old).state.swap?.waiting).toEqual([1]);
  expect(play(old, { type: 'expired' }, { type: 'gone', serial: 1 }).effects).toEqual([]);
  expect(play(begin([])).effects).toEqual(['swapped, silent: ']);
});
