import { BURST, DelayQueue, type Waiting } from './delay-queue.ts';

const LIMIT = 100;

class Item {
  readonly arrivedAt: number;
  gone = false;
  constructor(arrivedAt: number) {
    this.arrivedAt = arrivedAt;
  }
  isGone = () => this.gone;
}

function queueOf(...arrivals: number[]) {
  const dropped: number[] = [];
  const gone: number[] = [];
  const queue = new DelayQueue<Item>(LIMIT, (item, isGone) => (isGone ? gone : dropped).push(item.arrivedAt));
  const push = (at: number) => {
    const item = new Item(at);
    queue.push(item, at);
    return item;
  };
  return { queue, dropped, gone, push, items: arrivals.map(push) };
}

test('a burst is served in order, and none of it is dropped within the long limit', () => {
  const { queue, dropped } = queueOf(0, 1, 2);
  const now = LIMIT * BURST;
  queue.dropOverdue(now);
  expect([0, 1, 2].map(() => queue.take(now)?.arrivedAt)).toEqual([0, 1, 2]);
  expect(dropped).toEqual([]);
});

test('beyond the long limit a request is dropped, in its turn as well', () => {
  const { queue, dropped } = queueOf();
  for (const arrivedAt of [0, 400]) queue.push(new Item(arrivedAt), 450);
  const now = LIMIT * BURST + 1;
  expect(queue.isStanding(now)).toBe(false);
  expect(queue.take(now)?.arrivedAt).toBe(400);
  expect(dropped).toEqual([0]);
});

test('a queue that stands drops what has waited for longer than the short limit, and serves the newest first', () => {
  const { queue, dropped, push } = queueOf(0);
  for (let at = 50; at <= 600; at += 50) push(at);
  const now = LIMIT * BURST + 110;
  expect(queue.isStanding(now)).toBe(true);
  expect(queue.take(now)?.arrivedAt).toBe(600);
  queue.dropOverdue(now);
  expect(dropped).toEqual([0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]);
  expect(queue.take(now)?.arrivedAt).toBe(550);
});

test('whatever is dropped has waited for longer than the short limit, however long the queue stands', () => {
  const ages: number[] = [];
  let now = 0;
  const queue = new DelayQueue<Item>(LIMIT, (item) => ages.push(now - item.arrivedAt));
  let taken = 0;
  for (; now < 10_000; now++) {
    if (now % 3 === 0) queue.push(new Item(now), now);
    if (now % 10 === 0 && queue.take(now)) taken++;
    queue.dropOverdue(now);
  }
  expect(taken).toBe(1_000);
  expect(ages.length).toBeGreaterThan(2_000);
  expect(Math.min(...ages)).toBeGreaterThan(LIMIT);
});

test('a free place is given to the newest of a queue that stands, though it is older than the short limit', () => {
  const { queue, push } = queueOf(0);
  push(450);
  expect(queue.take(600)?.arrivedAt).toBe(450);
});

test('those whose client has left take no turn', () => {
  const { queue, items, gone, dropped } = queueOf(0, 1, 2);
  for (const item of items.slice(0, 2)) item.gone = true;
  expect(queue.take(5)?.arrivedAt).toBe(2);
  expect(gone).toEqual([0, 1]);
  expect(dropped).toEqual([]);
  expect(queue.take(5)).toBeUndefined();
});

test('an empty queue ends the standing', () => {
  const { queue, push } = queueOf(0);
  const late = LIMIT * BURST + 50;
  expect(queue.isStanding(LIMIT * BURST)).toBe(false);
  push(late);
  expect(queue.isStanding(late)).toBe(true);
  queue.take(late);
  queue.take(late);
  push(late + 1);
  expect(queue.isStanding(late + 2)).toBe(false);
});

test('a long queue keeps its order', () => {
  const { queue } = queueOf(...Array.from({ length: 5_000 }, (_, at) => at / 100));
  const taken = Array.from({ length: 5_000 }, () => queue.take(60)?.arrivedAt ?? Number.NaN);
  expect(taken).toEqual(Array.from({ length: 5_000 }, (_, at) => at / 100));
  expect(queue.length).toBe(0);
});

/** Requests of 10 ms that come at random moments, by clients that leave after two seconds. @param load as a part of the capacity */
function simulate(limitMs: number, load: number) {
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed + 1) / 2 ** 32;
  };
  const queue = new DelayQueue<Waiting>(limitMs, () => {});
  const latencies: number[] = [];
  let came = 0;
  let freeAt = 0;
  for (let now = 0, next = 0; now < 200_000; now++) {
    for (; next <= now; next += (-Math.log(random()) * 10) / load, came++) {
      const arrivedAt = next;
      queue.push({ arrivedAt, isGone: () => now - arrivedAt > 2_000 }, now);
    }
    for (let item = freeAt <= now && queue.take(now); item; item = freeAt <= now && queue.take(now)) {
      freeAt = Math.max(freeAt, now) + 10;
      if (freeAt - item.arrivedAt < 2_000) latencies.push(freeAt - item.arrivedAt);
    }
    queue.dropOverdue(now);
  }
  latencies.sort((a, b) => a - b);
  const goodput = (latencies.length / came) * load;
  return { goodput, p99: latencies[Math.floor(latencies.length * 0.99)] as number };
}

test('the default limit: shorter ones shed more at the capacity, and longer ones answer later above it', () => {
  const at = (load: number) => [50, 200, 800].map((limitMs) => simulate(limitMs, load));
  const [low, middle, high] = at(1).map(({ goodput }) => goodput) as [number, number, number];
  expect(low).toBeLessThan(middle - 0.02);
  expect(middle).toBeGreaterThan(0.94);
  expect(high - middle).toBeLessThan(0.04);
  const twice = at(2);
  for (const { goodput } of twice) expect(goodput).toBeGreaterThan(0.97);
  expect(twice[1]?.p99).toBeLessThan(500);
  expect(twice[2]?.p99).toBeGreaterThan(700);
});
