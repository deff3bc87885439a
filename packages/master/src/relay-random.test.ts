/** Random stories of offers, answers and deaths. */
import { RelayScene as Scene } from './testing/relay-scene.ts';

/** A small linear congruential generator: the same stories every time. */
function random() {
  let seed = 1;
  return (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * count);
  };
}

test('whatever happens in whatever order, each copy is closed exactly once', () => {
  const below = random();
  for (let story = 0; story < 2_000; story++) {
    const workers = [1, 2, 3, 4];
    const scene = new Scene(...workers);
    scene.receivers = [2, 3, 4];
    scene.mayCome = below(2) === 0;
    const offers = 1 + below(5);
    for (let id = 1; id <= offers; id++) {
      const resumer = below(2) === 0 ? 'websocket:0' : undefined;
      if (below(2) === 0) scene.rescue(1, id, `c${id}`, resumer);
      else scene.offer(1, id, `c${id}`, resumer);
    }
    for (let step = 0; step < 30; step++) {
      const [worker, id] = [1 + below(4), 1 + below(offers + 6)];
      const what = below(13);
      if (what < 3) scene.relay.declined(worker, id, 'no-descriptor');
      else if (what === 3) scene.die(worker);
      else if (what === 12 && worker > 1) {
        scene.come(workers.length + 1);
        workers.push(workers.length + 1);
      } else if (what < 6) scene.relay.state(worker, id, 'n=5');
      else scene.relay.took(worker, id);
    }
    scene.mayCome = false;
    for (const worker of workers) scene.die(worker);
    scene.relay.offerHeld();
    const closed = scene.said().filter((line) => line.startsWith('close'));
    expect(closed.sort()).toEqual(Array.from({ length: offers }, (_, at) => `close c${at + 1}`));
    expect(scene.relay.onWay + scene.relay.held).toBe(0);
  }
});

test('whatever happens in whatever order, no connection has two owners', () => {
  const below = random();
  for (let story = 0; story < 2_000; story++) {
    const scene = new Scene(1, 2, 3, 4);
    scene.receivers = [2, 3, 4];
    const resumer = below(2) === 0 ? 'websocket:0' : undefined;
    scene.offer(1, 1, 'a', resumer);
    const lines: string[] = [];
    /** Workers that were told that the connection is theirs, and live. */
    const owners = new Set<number>();
    for (let step = 0; step < 20; step++) {
      lines.push(...scene.said());
      const offers = lines.flatMap((line) => /^(\d) take (\d+)$/.exec(line)?.slice(1).map(Number) ?? []);
      const [worker = 2, id = 1] = offers.slice(-2);
      const what = below(6);
      if (what === 0) scene.relay.declined(worker, id, 'no-descriptor');
      else if (what === 1) {
        const dead = 1 + below(4);
        scene.die(dead);
        owners.delete(dead);
      } else if (what === 2) scene.relay.state(1, 1, 'n=5');
      else scene.relay.took(worker, id);
      const said = scene.said();
      lines.push(...said);
      for (const line of said) {
        const [, receiver] = /^(\d) state/.exec(line) ?? [];
        if (receiver) owners.add(Number(receiver));
        if (line === '1 keep 1: no-taker' || line === '1 keep 1: no-descriptor') owners.add(1);
        if (line === '1 handed-over 1' && resumer === undefined) owners.add(worker);
      }
      expect(owners.size).toBeLessThanOrEqual(1);
    }
    const ends = lines.filter((line) => /^1 keep|state|^close/.test(line));
    expect(ends.filter((line) => line.startsWith('close')).length).toBeLessThanOrEqual(1);
    expect(ends.filter((line) => !line.startsWith('close')).length).toBeLessThanOrEqual(1);
  }
});
