import { Looks } from './testing/looks.ts';

test('a load that one worker carries starts no other one', () => {
  expect(new Looks().within(600, { load: 0.75 })).toBeUndefined();
});

test('a busy loop brings the workers that the load needs, within seconds, and says by which figures', () => {
  const looks = new Looks({ ready: 2 });
  looks.within(60, { load: 1 });
  const wish = looks.within(10, { load: 1.8 });
  expect(wish).toMatchObject({ to: 3, reason: 'busy' });
  expect(wish?.afterSeconds).toBeLessThanOrEqual(4);
  expect(wish?.why).toBe('event loops 82% busy over 4s (load 1.64 of 2 workers)');
});

test('under saturation the load says nothing of how many are missing: their number doubles', () => {
  expect(new Looks({ ready: 3 }).within(10, { load: 3 })).toMatchObject({ to: 6, reason: 'saturated' });
});

test('a short spike is no load', () => {
  const looks = new Looks({ ready: 2 });
  looks.within(30, { load: 0.2 });
  looks.look({ load: 2 });
  looks.look({ load: 2 });
  expect(looks.within(10, { load: 0.2 })).toBeUndefined();
});

test('connections that wait in the kernel at two looks wait for no window', () => {
  const looks = new Looks({ ready: 2 });
  looks.within(30, { load: 0.2 });
  expect(looks.look({ load: 2, queued: 40 }).wish).toBeUndefined();
  expect(looks.look().wish).toMatchObject({ to: 4, reason: 'queue' });
});

test('a queue alone is no emergency while the loops have time: whoever does not accept has another reason', () => {
  expect(new Looks({ ready: 2 }).within(60, { load: 0.2, queued: 40 })).toBeUndefined();
});

test('a worker that boots for a minute counts, and starts no further one', () => {
  const looks = new Looks();
  expect(looks.within(10, { load: 1 })).toMatchObject({ to: 2 });
  const booting = { ready: 1, coming: 2, load: 1, queued: 100, may: 'grow' } as const;
  expect(looks.within(60, booting)).toBeUndefined();
  expect(looks.within(10, { ready: 2, coming: 2, load: 2, may: 'all' })).toMatchObject({ to: 4 });
});

test('a load that rises on while workers boot asks for more of them', () => {
  const looks = new Looks({ ready: 4 });
  looks.within(30, { load: 2 });
  expect(looks.within(10, { load: 3.3 })).toMatchObject({ to: 6 });
  expect(looks.within(10, { ready: 4, coming: 6, load: 4, may: 'grow' })).toMatchObject({ to: 7 });
});

test('some leave when fewer have been enough for a minute, and not before', () => {
  const looks = new Looks({ ready: 5 });
  looks.within(90, { load: 3 });
  const wish = looks.within(120, { load: 1 });
  expect(wish).toMatchObject({ to: 2, reason: 'idle' });
  expect(wish?.afterSeconds).toBeGreaterThanOrEqual(60);
  expect(wish?.afterSeconds).toBeLessThanOrEqual(68);
});

test('nobody leaves while a worker is missing, an operation runs, or below the least of the range', () => {
  expect(new Looks({ ready: 3, coming: 4 }).within(300, { load: 0 })).toBeUndefined();
  expect(new Looks({ ready: 4, may: 'none' }).within(300, { load: 0 })).toBeUndefined();
  expect(new Looks({ ready: 4, may: 'grow' }).within(300, { load: 0 })).toBeUndefined();
  expect(new Looks({ ready: 4, range: { min: 3, max: 8 } }).within(300)).toMatchObject({ to: 3 });
});

test('workers that are needed again soon after they have left stay for twice as long the next time', () => {
  const looks = new Looks({ ready: 1 });
  const stays: number[] = [];
  for (let round = 0; round < 6; round++) {
    expect(looks.within(10, { load: looks.seen.ready })).toMatchObject({ to: 2 });
    stays.push(looks.within(2_000, { load: 0.1 })?.afterSeconds ?? 0);
  }
  const minutes = stays.map((seconds) => Math.round(seconds / 60));
  expect(minutes).toEqual([1, 2, 4, 8, 16, 16]);
});

test('patience is forgotten, doubling by doubling, after ten quiet minutes each', () => {
  const looks = new Looks({ ready: 1 });
  looks.memory = { ...looks.memory, patience: 2, patienceAt: 0 };
  looks.within(1_700, { load: 0.1 });
  expect(looks.memory.patience).toBe(0);
});

test('the range is never left, and it is told that the load asks for more', () => {
  const looks = new Looks({ ready: 3, range: { min: 1, max: 4 } });
  expect(looks.within(10, { load: 3 })).toMatchObject({ to: 4 });
  looks.within(20, { load: 4 });
  expect(looks.look().held).toMatchObject({
    reason: 'max',
    to: 4,
    text: 'the load asks for 8, and 4 is the most',
  });
});

test('auto follows a CPU quota that changes while the server runs', () => {
  const looks = new Looks({ ready: 4, range: { min: 2, max: 4, auto: true }, cpus: 4 });
  expect(looks.within(20, { load: 4 })).toBeUndefined();
  expect(looks.within(5, { cpus: 6.5 })).toMatchObject({ to: 6 });
  const smaller = looks.within(5, { cpus: 3, load: 1.2 });
  expect(smaller).toMatchObject({ to: 3, reason: 'cpus', why: 'at most 3 for 3 CPUs' });
  expect(looks.within(5, { cpus: 0.5 })).toMatchObject({ to: 2 });
});

test('no worker is started that would have no CPU, and none that does not fit into the memory', () => {
  const looks = new Looks({ ready: 2, cpus: 2 });
  expect(looks.within(20, { load: 2, cpuUsed: 1.97 })).toBeUndefined();
  expect(looks.look().held).toMatchObject({
    reason: 'cpu',
    text: 'the workers use 2 of 2 CPUs, and a further one would have none',
  });
  expect(looks.look({ cpuUsed: 1, room: 1 })).toMatchObject({ wish: { to: 3 }, held: { reason: 'memory' } });
  expect(looks.look({ room: 0 })).toMatchObject({ held: { reason: 'memory', to: 2 } });
  expect(looks.look({ room: 0 }).wish).toBeUndefined();
});

test('after new workers that could not come into service there is a pause, which doubles', () => {
  const looks = new Looks({ ready: 2 });
  const attempts = [1, 2, 3].map((failures) => {
    looks.seen = { ...looks.seen, ready: 2, coming: 2 };
    return looks.within(200, { load: 2, failures })?.afterSeconds;
  });
  expect(attempts).toEqual([10, 20, 40]);
});
