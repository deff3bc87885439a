import { TAKE_WITHIN_MS } from '@tshorn/core';
import { RelayScene as Scene } from './testing/relay-scene.ts';

/** Worker 1, the sender, workers 2 and 3, the receivers, and one connection on its way to 2. */
function moving(): Scene {
  const scene = new Scene(1, 2, 3);
  scene.receivers = [2, 3];
  scene.offer(1, 1, 'a');
  expect(scene.said()).toEqual(['2 take 1']);
  expect(scene.relay.onWay).toBe(1);
  return scene;
}

test('when the receiver has it, the copy is closed and the sender told', () => {
  const scene = moving();
  scene.relay.took(2, 1);
  expect(scene.said()).toEqual(['close a', '1 handed-over 1']);
  expect(scene.relay.onWay).toBe(0);
});

test('a second answer, or the answer of another worker, does nothing', () => {
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

test('a receiver that dies first: the next one takes it', () => {
  const scene = moving().die(2);
  expect(scene.said()).toEqual(['3 take 2']);
  scene.relay.took(3, 2);
  expect(scene.said()).toEqual(['close a', '1 handed-over 1']);
});

test('a late answer of the receiver that died does not count for the next one', () => {
  const scene = moving().die(2);
  scene.said();
  scene.relay.took(2, 1);
  scene.relay.took(2, 2);
  expect(scene.said()).toEqual([]);
  expect(scene.relay.onWay).toBe(1);
});

test('every receiver dies: the sender keeps it', () => {
  const scene = moving().die(2).die(3);
  expect(scene.said()).toEqual(['3 take 2', 'close a', '1 keep 1: no-taker']);
  expect(scene.relay.onWay).toBe(0);
});

test('there is no receiver: the sender keeps it', () => {
  const scene = new Scene(1).offer(1, 1, 'a');
  expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
  expect(scene.relay.onWay).toBe(0);
});

test('there is no receiver, and one may come: the sender offers it again later', () => {
  const scene = new Scene(1, 2);
  scene.mayCome = true;
  scene.offer(1, 1, 'a');
  expect(scene.said()).toEqual(['close a', '1 keep 1: not-yet']);
  scene.receivers = [2];
  scene.offer(1, 2, 'a');
  expect(scene.said()).toEqual(['2 take 1']);
});

test('the only receiver came too late, and is awake again: the sender offers it again later', () => {
  const scene = new Scene(1, 2);
  scene.receivers = [2];
  scene.mayCome = true;
  scene.offer(1, 1, 'a').relay.declined(2, 1, 'late');
  expect(scene.said()).toEqual(['2 take 1', 'close a', '1 keep 1: not-yet']);
});

test('no descriptor is free: the sender does not offer it again', () => {
  const scene = new Scene(1, 2);
  scene.receivers = [2];
  scene.mayCome = true;
  scene.offer(1, 1, 'a').relay.declined(2, 1, 'no-descriptor');
  expect(scene.said()).toEqual(['2 take 1', 'close a', '1 keep 1: no-descriptor']);
});

test('the receiver has just gone: the sender keeps it', () => {
  const scene = new Scene(1);
  scene.receivers = [2];
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

test('an offer whose descriptor could not be received stays with its sender; there is nothing to close', () => {
  const scene = new Scene(1, 2);
  scene.receivers = [2];
  scene.relay.sent(1, 1);
  expect(scene.said()).toEqual(['1 keep 1: no-descriptor']);
  scene.offer(1, 3, 'a');
  expect(scene.said()).toEqual(['1 keep 2: no-descriptor', '2 take 1']);
  scene.relay.sent(1, 4);
  expect(scene.said()).toEqual(['1 keep 4: no-descriptor']);
});

describe('a receiver that does not answer', () => {
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
    // The receiver wakes up, and declines an offer that is too late.
    scene.relay.declined(2, 1, 'late');
    expect(scene.said()).toEqual([]);
    scene.offer(1, 3, 'c');
    expect(scene.said()).toEqual(['2 take 4']);
  });

  test('and has no time limit is not left: it may own the connection', () => {
    const scene = moving();
    scene.untimed = 2;
    jest.advanceTimersByTime(5 * TAKE_WITHIN_MS);
    expect(scene.said()).toEqual([]);
    expect(scene.relay.onWay).toBe(1);
  });

  test('and there is no other: the sender keeps it', () => {
    const scene = moving().die(3);
    jest.advanceTimersByTime(3 * TAKE_WITHIN_MS);
    expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
    expect(scene.relay.onWay).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the sender dies', () => {
  test('a connection on its way arrives', () => {
    const scene = moving().die(1);
    expect(scene.said()).toEqual([]);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['close a']);
  });

  test('a declined connection ends with the copy', () => {
    const scene = moving().die(1).die(3);
    scene.relay.declined(2, 1, 'no-descriptor');
    expect(scene.said()).toEqual(['close a']);
  });

  test('and then the receiver: the next one takes it, and without one it ends', () => {
    const scene = moving().die(1).die(2);
    expect(scene.said()).toEqual(['3 take 2']);
    expect(scene.die(3).said()).toEqual(['close a']);
    expect(scene.relay.onWay).toBe(0);
  });
});

test('a worker that receives from one and sends to another: its end moves what it was to receive, no more', () => {
  const scene = new Scene(1, 2, 3);
  scene.receivers = [2, 3];
  scene.offer(1, 1, 'a').offer(2, 1, 'b');
  expect(scene.said()).toEqual(['2 take 1', '3 take 2']);
  scene.die(2);
  expect(scene.said()).toEqual(['3 take 3']);
  scene.relay.took(3, 2);
  scene.relay.took(3, 3);
  expect(scene.said()).toEqual(['close b', 'close a', '1 handed-over 1']);
});

test('a number that a worker uses twice is closed: its app has forged it', () => {
  const scene = moving();
  scene.offer(1, 1, 'b');
  expect(scene.said()).toEqual(['close b']);
  scene.relay.took(2, 1);
  expect(scene.said()).toEqual(['close a', '1 handed-over 1']);
});

test('a worker that is gone leaves nothing behind, whatever comes late', () => {
  const scene = moving().die(1);
  scene.offer(1, 2, 'b');
  expect(scene.said()).toEqual(['2 take 2']);
  scene.relay.took(2, 1);
  scene.relay.took(2, 2);
  scene.relay.sent(1, 9);
  expect(scene.said()).toEqual(['close a', 'close b']);
});

describe('a connection with a state', () => {
  function taken(): Scene {
    const scene = new Scene(1, 2, 3);
    scene.receivers = [2, 3];
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

  test('the sender dies before it has told: the receiver learns that nobody knows it', () => {
    expect(taken().die(1).said()).toEqual(['close a', '2 state 1: undefined']);
  });

  test('the receiver dies before: the next one takes it, the sender is not told twice', () => {
    const scene = taken().die(2);
    expect(scene.said()).toEqual(['3 take 2']);
    scene.relay.took(3, 2);
    expect(scene.said()).toEqual([]);
    scene.relay.state(1, 1, 'n=5');
    expect(scene.said()).toEqual(['close a', '3 state 2: n=5']);
  });

  test('the receiver dies, and the state comes before there is another', () => {
    const scene = taken().die(2);
    scene.relay.state(1, 1, 'n=5');
    scene.relay.took(3, 2);
    expect(scene.said()).toEqual(['3 take 2', 'close a', '3 state 2: n=5']);
  });

  test('every receiver dies: the sender keeps it, unless it has told the state', () => {
    expect(taken().die(3).die(2).said()).toEqual(['close a', '1 keep 1: no-taker']);
    const scene = taken().die(2);
    scene.relay.state(1, 1, 'n=5');
    expect(scene.die(3).said()).toEqual(['3 take 2', 'close a']);
  });
});

describe('a sender that has failed, and finishes its requests', () => {
  test('is rid of an idle connection at once, and it waits for a receiver', () => {
    const scene = new Scene(1, 2);
    scene.mayCome = true;
    scene.fail(1, 1, 'a');
    expect(scene.said()).toEqual(['1 handed-over 1']);
    scene.die(1).receivers = [2];
    scene.relay.offerHeld();
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['2 take 1', 'close a']);
  });

  test('tells its state at once, and a receiver that comes later has it', () => {
    const scene = new Scene(1, 2);
    scene.mayCome = true;
    scene.fail(1, 1, 'a', 'chat').relay.state(1, 1, 'said');
    expect(scene.said()).toEqual(['1 handed-over 1']);
    scene.die(1).receivers = [2];
    scene.relay.offerHeld();
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['2 take 1', 'close a', '2 state 1: said']);
  });

  test('keeps its connections where nobody will come: it closes them in order', () => {
    const scene = new Scene(1).fail(1, 1, 'a');
    expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
  });
});
