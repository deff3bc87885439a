import { SequenceReceiver, SequenceSender } from './sequence.ts';

describe('arrivals', () => {
  test('in order: nothing is lost', () => {
    const arrivals = new SequenceReceiver();
    expect([1, 2, 3].flatMap((id) => arrivals.came(id))).toEqual([]);
    expect(arrivals.sentUpTo(3)).toEqual([]);
  });

  test('a gap is told by the next one, and once', () => {
    const arrivals = new SequenceReceiver();
    arrivals.came(1);
    expect(arrivals.came(4)).toEqual([2, 3]);
    expect(arrivals.came(5)).toEqual([]);
  });

  test('the last one is told by what follows it', () => {
    const arrivals = new SequenceReceiver();
    arrivals.came(1);
    expect(arrivals.sentUpTo(2)).toEqual([2]);
    expect(arrivals.sentUpTo(2)).toEqual([]);
    expect(arrivals.came(3)).toEqual([]);
  });

  test('a number that makes no sense is no gap', () => {
    const arrivals = new SequenceReceiver();
    for (const id of [Number.NaN, Number.POSITIVE_INFINITY, -5, 1.5, 1e12]) {
      expect(arrivals.sentUpTo(id)).toEqual([]);
    }
    expect(arrivals.sentUpTo(1)).toEqual([1]);
  });
});

test('a burst is followed by one word, with its last number', () => {
  jest.useFakeTimers();
  const said: number[] = [];
  const trailer = new SequenceSender((upTo) => said.push(upTo));
  expect([trailer.next(), trailer.next(), trailer.next()]).toEqual([1, 2, 3]);
  expect(said).toEqual([]);
  jest.runAllTimers();
  expect(said).toEqual([3]);
  expect(trailer.next()).toBe(4);
  jest.runAllTimers();
  expect(said).toEqual([3, 4]);
  jest.useRealTimers();
});
