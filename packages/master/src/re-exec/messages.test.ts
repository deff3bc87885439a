import { readToNewMaster, readToOldMaster, wrap } from './messages.ts';

const inside = (message: object) => ({ tshorn: 1, ...message });

test('a message that is whole is read', () => {
  expect(readToOldMaster(wrap({ type: 'ready' }))).toEqual({ type: 'ready' });
  expect(readToOldMaster(wrap({ type: 'took-over', kept: ['127.0.0.1:80'] }))).toBeDefined();
  expect(readToNewMaster(wrap({ type: 'take', id: 7, resumer: 'events' }))).toBeDefined();
  expect(readToNewMaster(wrap({ type: 'stand-down', mode: 'quick', reason: 'x' }))).toBeDefined();
});

test('fields that a later version adds do no harm', () => {
  expect(readToOldMaster(inside({ type: 'ready', since: 1 }))).toMatchObject({ type: 'ready' });
});

test.each([
  undefined,
  null,
  5,
  'ready',
  { type: 'ready' },
  { tshorn: 2, type: 'ready' },
  inside({}),
  inside({ type: 'constructor' }),
  inside({ type: 'no-such-type' }),
  inside({ type: 'hello' }),
  inside({ type: 'hello', bootTimeout: 'long' }),
  inside({ type: 'hello', bootTimeout: Number.NaN }),
  inside({ type: 'took-over' }),
  inside({ type: 'took-over', kept: 5 }),
  inside({ type: 'took-over', kept: [5] }),
  inside({ type: 'took-over', kept: [], takes: 'yes' }),
  inside({ type: 'took', id: -1 }),
  inside({ type: 'declined', id: 1 }),
  inside({ type: 'failed', reason: { toString: null } }),
])('%j is dropped by the old master', (value) => {
  expect(readToOldMaster(value)).toBeUndefined();
});

test.each([
  inside({ type: 'take', id: '1' }),
  inside({ type: 'take', id: 1, resumer: 5 }),
  inside({ type: 'state', id: 1, text: {} }),
  inside({ type: 'sent', upTo: Number.POSITIVE_INFINITY }),
  inside({ type: 'stand-down', mode: 'at-once', reason: 'x' }),
])('%j is dropped by the new master', (value) => {
  expect(readToNewMaster(value)).toBeUndefined();
});

test('a reason has an end', () => {
  const { reason } = readToOldMaster(inside({ type: 'failed', reason: 'x'.repeat(1e6) })) as never;
  expect(String(reason).length).toBeLessThan(20_000);
});
