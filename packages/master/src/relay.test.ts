import { TAKE_WITHIN_MS } from '@tshorn/core';
import { Relay } from './relay.ts';

/** Workers by serial, and everything that they and the connections were told, in order. */
class Scene {
  readonly relay: Relay;
  /** Who takes over, the best first. */
  takers: number[] = [];
  /** Who is waited for without an end. */
  patient: number | undefined;
  readonly #alive: Set<number>;
  readonly #said: string[] = [];
  /** Numbered through, and not for each taker, so that a story is easier to read. */
  #lastTake = 0;

  constructor(...workers: number[]) {
    this.#alive = new Set(workers);
    this.relay = new Relay({
      peer: (serial) => (this.#alive.has(serial) ? this.#peer(serial) : undefined),
      arrived: () => {},
      takerFor: (from, except) => this.takers.find((serial) => serial !== from && !except.has(serial)),
    });
  }

  #peer(serial: number) {
    return {
      ...(this.patient === serial && { patient: true as const }),
      take: () => {
        this.#said.push(`${serial} take ${++this.#lastTake}`);
        return this.#lastTake;
      },
      handedOver: (id: number) => this.#said.push(`${serial} handed-over ${id}`),
      keep: (id: number, reason: string) => this.#said.push(`${serial} keep ${id}: ${reason}`),
      state: (id: number, text?: string) => this.#said.push(`${serial} state ${id}: ${text}`),
    };
  }

  offer(from: number, id: number, name: string, resumer?: string): this {
    this.relay.offer(from, id, { close: () => this.#said.push(`close ${name}`) }, resumer);
    return this;
  }

  /** As the master does it: who is gone takes nothing any more. */
  die(serial: number): this {
    this.#alive.delete(serial);
    this.takers = this.takers.filter((taker) => taker !== serial);
    this.relay.gone(serial);
    return this;
  }

  /** What has been said since the last look. */
  said(): string[] {
    return this.#said.splice(0);
  }
}

/** Workers 1 (which gives), 2 and 3 (which take), and one connection on its way to 2. */
function moving(): Scene {
  const scene = new Scene(1, 2, 3);
  scene.takers = [2, 3];
  scene.offer(1, 1, 'a');
  expect(scene.said()).toEqual(['2 take 1']);
  expect(scene.relay.onWay).toBe(1);
  return scene;
}

test('when the taker has it, the copy is closed and the giver told', () => {
  const scene = moving();
  scene.relay.took(2, 1);
  expect(scene.said()).toEqual(['close a', '1 handed-over 1']);
  expect(scene.relay.onWay).toBe(0);
});

test('a second answer, or the answer of somebody else, does nothing', () => {
  const scene = moving();
  scene.relay.took(3, 1);
  scene.relay.declined(3, 1, 'no-descriptor');
  scene.relay.took(2, 99);
  expect(scene.said()).toEqual([]);
  scene.relay.took(2, 1);
  scene.said();
  scene.relay.took(2, 1);
  scene.relay.declined(2, 1, 'no-descriptor');
  expect(scene.said()).toEqual([]);
});

test('a taker that dies first: the next one takes it', () => {
  const scene = moving().die(2);
  expect(scene.said()).toEqual(['3 take 2']);
  scene.relay.took(3, 2);
  expect(scene.said()).toEqual(['close a', '1 handed-over 1']);
});

test('a late answer of the taker that died is not taken for that of the next', () => {
  const scene = moving().die(2);
  scene.said();
  scene.relay.took(2, 1);
  scene.relay.took(2, 2);
  expect(scene.said()).toEqual([]);
  expect(scene.relay.onWay).toBe(1);
});

test('every taker dies: the giver keeps it', () => {
  const scene = moving().die(2).die(3);
  expect(scene.said()).toEqual(['3 take 2', 'close a', '1 keep 1: no-taker']);
  expect(scene.relay.onWay).toBe(0);
});

test('nobody could take it: the giver keeps it', () => {
  const scene = new Scene(1).offer(1, 1, 'a');
  expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
  expect(scene.relay.onWay).toBe(0);
});

test('the taker that is named has just gone: the giver keeps it', () => {
  const scene = new Scene(1);
  scene.takers = [2];
  scene.offer(1, 1, 'a');
  expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
  expect(scene.relay.onWay).toBe(0);
});

test('declined: the next one takes it, and the one that declined is not asked again', () => {
  const scene = moving();
  scene.relay.declined(2, 1, 'no-descriptor');
  expect(scene.said()).toEqual(['3 take 2']);
  scene.relay.declined(3, 2, 'no-descriptor');
  expect(scene.said()).toEqual(['close a', '1 keep 1: no-descriptor']);
  expect(scene.relay.onWay).toBe(0);
});

test('an offer whose descriptor could not be received is kept by the giver; there is nothing to close', () => {
  const scene = new Scene(1, 2);
  scene.takers = [2];
  scene.relay.sent(1, 1);
  expect(scene.said()).toEqual(['1 keep 1: no-descriptor']);
  scene.offer(1, 3, 'a');
  expect(scene.said()).toEqual(['1 keep 2: no-descriptor', '2 take 1']);
  scene.relay.sent(1, 4);
  expect(scene.said()).toEqual(['1 keep 4: no-descriptor']);
});

describe('a taker that says nothing', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('is left, and not asked again before it has answered', () => {
    const scene = moving();
    jest.advanceTimersByTime(2 * TAKE_WITHIN_MS - 1);
    expect(scene.said()).toEqual([]);
    jest.advanceTimersByTime(TAKE_WITHIN_MS);
    expect(scene.said()).toEqual(['3 take 2']);
    scene.offer(1, 2, 'b');
    expect(scene.said()).toEqual(['3 take 3']);
    // It wakes up, and declines what is too late.
    scene.relay.declined(2, 1, 'late');
    expect(scene.said()).toEqual([]);
    scene.offer(1, 3, 'c');
    expect(scene.said()).toEqual(['2 take 4']);
  });

  test('and whose end answers for it is not left: it may own the connection', () => {
    const scene = moving();
    scene.patient = 2;
    jest.advanceTimersByTime(5 * TAKE_WITHIN_MS);
    expect(scene.said()).toEqual([]);
    expect(scene.relay.onWay).toBe(1);
  });

  test('and there is no other: the giver keeps it', () => {
    const scene = moving().die(3);
    jest.advanceTimersByTime(3 * TAKE_WITHIN_MS);
    expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
    expect(scene.relay.onWay).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the giver dies', () => {
  test('what is on its way arrives', () => {
    const scene = moving().die(1);
    expect(scene.said()).toEqual([]);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['close a']);
  });

  test('what was declined ends with the copy', () => {
    const scene = moving().die(1).die(3);
    scene.relay.declined(2, 1, 'no-descriptor');
    expect(scene.said()).toEqual(['close a']);
  });

  test('and then the taker: the next one takes it, and with nobody left it ends', () => {
    const scene = moving().die(1).die(2);
    expect(scene.said()).toEqual(['3 take 2']);
    expect(scene.die(3).said()).toEqual(['close a']);
    expect(scene.relay.onWay).toBe(0);
  });
});

test('a worker that takes from one and gives to another: its end moves what it was to take, no more', () => {
  const scene = new Scene(1, 2, 3);
  scene.takers = [2, 3];
  scene.offer(1, 1, 'a').offer(2, 1, 'b');
  expect(scene.said()).toEqual(['2 take 1', '3 take 2']);
  scene.die(2);
  expect(scene.said()).toEqual(['3 take 3']);
  scene.relay.took(3, 2);
  scene.relay.took(3, 3);
  expect(scene.said()).toEqual(['close b', 'close a', '1 handed-over 1']);
});

test('whatever happens in whatever order, each copy is closed exactly once', () => {
  // A small linear congruential generator: the same two thousand stories every time.
  let seed = 1;
  const below = (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * count);
  };
  for (let story = 0; story < 2_000; story++) {
    const workers = [1, 2, 3, 4];
    const scene = new Scene(...workers);
    scene.takers = [2, 3, 4];
    const offers = 1 + below(5);
    for (let id = 1; id <= offers; id++) scene.offer(1, id, `c${id}`);
    for (let step = 0; step < 30; step++) {
      const [worker, id] = [1 + below(4), 1 + below(offers + 6)];
      if (below(4) === 0) scene.relay.declined(worker, id, 'no-descriptor');
      else if (below(8) === 0) scene.die(worker);
      else scene.relay.took(worker, id);
    }
    for (const worker of workers) scene.die(worker);
    const closed = scene.said().filter((line) => line.startsWith('close'));
    expect(closed.sort()).toEqual(Array.from({ length: offers }, (_, at) => `close c${at + 1}`));
    expect(scene.relay.onWay).toBe(0);
  }
});

describe('a connection with a state', () => {
  function taken(): Scene {
    const scene = new Scene(1, 2, 3);
    scene.takers = [2, 3];
    scene.offer(1, 1, 'a', 'websocket:0');
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['2 take 1', '1 handed-over 1']);
    return scene;
  }

  test('its state follows it, and only then the copy is closed', () => {
    const scene = taken();
    scene.relay.state(1, 1, 'n=5');
    expect(scene.said()).toEqual(['close a', '2 state 1: n=5']);
    expect(scene.relay.moved).toBe(1);
    scene.relay.state(1, 1, 'again');
    expect(scene.said()).toEqual([]);
  });

  test('the giver dies before it has told: the taker learns that nobody knows it', () => {
    expect(taken().die(1).said()).toEqual(['close a', '2 state 1: undefined']);
  });

  test('the taker dies before: the next one takes it, the giver is not told twice', () => {
    const scene = taken().die(2);
    expect(scene.said()).toEqual(['3 take 2']);
    scene.relay.took(3, 2);
    expect(scene.said()).toEqual([]);
    scene.relay.state(1, 1, 'n=5');
    expect(scene.said()).toEqual(['close a', '3 state 2: n=5']);
  });

  test('the taker dies, and the state comes before there is another', () => {
    const scene = taken().die(2);
    scene.relay.state(1, 1, 'n=5');
    scene.relay.took(3, 2);
    expect(scene.said()).toEqual(['3 take 2', 'close a', '3 state 2: n=5']);
  });

  test('every taker dies: the giver keeps it, unless it has parted with the state', () => {
    expect(taken().die(3).die(2).said()).toEqual(['close a', '1 keep 1: no-taker']);
    const scene = taken().die(2);
    scene.relay.state(1, 1, 'n=5');
    expect(scene.die(3).said()).toEqual(['3 take 2', 'close a']);
  });
});
