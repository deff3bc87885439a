import { EventEmitter } from 'node:events';
import { InTransit, type Sent } from './in-transit.ts';

const connection = () =>
  ({ socket: new EventEmitter(), detached: {}, migratable: undefined }) as unknown as Sent;
const closed = jest.fn();
let offers: InTransit;
beforeEach(() => {
  closed.mockClear();
  offers = new InTransit(closed);
});

test('an answer finds its connection once, and what closes after it concerns nobody', () => {
  const one = connection();
  offers.add(1, one);
  expect(offers.sockets()).toEqual(new Set([one.socket]));
  expect(offers.answered(1)).toMatchObject({ ...one, rescued: false });
  expect(offers.answered(1)).toBeUndefined();
  one.socket.emit('close');
  expect(closed).not.toHaveBeenCalled();
  expect(offers.size).toBe(0);
});

test('one that closes before its answer is told, and its answer finds nothing', () => {
  const [one, other] = [connection(), connection()];
  offers.add(1, one);
  offers.add(2, other);
  one.socket.emit('close');
  expect(closed.mock.calls).toEqual([[1, one]]);
  expect(offers.answered(1)).toBeUndefined();
  expect(offers.all().map(([id]) => id)).toEqual([2]);
});

test('those that were rescued take no place in the window, and give none back', () => {
  const [moved, answered, lost] = [connection(), connection(), connection()];
  offers.add(1, moved);
  offers.add(2, answered, true);
  offers.add(3, lost, true);
  expect([offers.size, offers.inWindow]).toEqual([3, 1]);
  expect(offers.answered(2)).toMatchObject({ rescued: true });
  lost.socket.emit('close');
  expect([offers.size, offers.inWindow]).toEqual([1, 1]);
});
