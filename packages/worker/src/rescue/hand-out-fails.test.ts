/** The look at the connections ends however the hand-out does; hand-out.test.ts has real connections. */
import { SequenceSender } from '@tshorn/core';
import { HandOut, type HandOutParts } from './hand-out.ts';

function handOut(resting: () => []) {
  const end = jest.fn();
  const parts = {
    transport: { interrupted: () => ({ end }) },
    sender: { resting, again: () => [] },
    offers: new SequenceSender(() => {}),
    direct: undefined,
  };
  return { end, handOut: new HandOut(parts as unknown as HandOutParts) };
}

test('an exception in the middle', () => {
  const failed = handOut(() => {
    throw new Error('not known here');
  });
  expect(() => failed.handOut.all()).toThrow('not known here');
  expect(failed.end).toHaveBeenCalledTimes(1);
});

test('nothing can leave', () => {
  const blind = handOut(() => []);
  expect(blind.handOut.all()).toMatchObject({ sent: 0 });
  expect(blind.end).toHaveBeenCalledTimes(1);
});
