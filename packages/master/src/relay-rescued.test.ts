/** Connections that were taken out of a worker that hangs, fails or ends. */
import { STATE_WITHIN_MS, TAKE_WITHIN_MS } from '@tshorn/core';
import { RelayScene as Scene } from './testing/relay-scene.ts';

afterEach(() => void jest.useRealTimers());

describe('a rescued connection', () => {
  test('belongs to the master at once: its sender lets go of it', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.rescue(1, 1, 'a');
    expect(scene.said()).toEqual(['1 handed-over 1', '2 take 1']);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['close a']);
    expect(scene.relay.moved).toBe(1);
  });

  test('waits for the worker that replaces the only one, whose end does not end it', () => {
    const scene = new Scene(1);
    scene.mayCome = true;
    scene.rescue(1, 1, 'a').rescue(1, 2, 'b').die(1);
    expect(scene.said()).toEqual(['1 handed-over 1', '1 handed-over 2']);
    expect(scene.relay.held).toBe(2);
    scene.come(2);
    expect(scene.said()).toEqual(['2 take 1', '2 take 2']);
    scene.relay.took(2, 1);
    scene.relay.took(2, 2);
    expect(scene.said()).toEqual(['close a', 'close b']);
    expect(scene.relay.held).toBe(0);
  });

  test('is closed when nobody will come', () => {
    const scene = new Scene(1).rescue(1, 1, 'a');
    expect(scene.said()).toEqual(['1 handed-over 1', 'close a']);
  });

  test('ends when the server stops while it waits', () => {
    jest.useFakeTimers();
    const scene = new Scene(1);
    scene.mayCome = true;
    scene.rescue(1, 1, 'a').die(1);
    scene.mayCome = false;
    jest.advanceTimersByTime(TAKE_WITHIN_MS);
    expect(scene.said()).toEqual(['1 handed-over 1', 'close a']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that waits longest is closed when too many wait', () => {
    const scene = new Scene(1);
    scene.mayCome = true;
    for (const [at, name] of ['a', 'b', 'c', 'd'].entries()) scene.rescue(1, at + 1, name);
    scene.said();
    scene.rescue(1, 5, 'e');
    expect(scene.said()).toEqual(['1 handed-over 5', 'close b']);
    expect(scene.relay.held).toBe(scene.mostHeld);
  });

  test('goes to the next worker when its receiver dies or declines it, and waits for one more', () => {
    const scene = new Scene(1, 2, 3);
    scene.receivers = [2, 3];
    scene.mayCome = true;
    scene.rescue(1, 1, 'a').die(2);
    scene.relay.declined(3, 2, 'no-descriptor');
    expect(scene.said()).toEqual(['1 handed-over 1', '2 take 1', '3 take 2']);
    expect(scene.relay.held).toBe(1);
    scene.come(4);
    expect(scene.said()).toEqual(['4 take 3']);
  });

  test('that every worker has declined is closed in the end', () => {
    jest.useFakeTimers();
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.mayCome = true;
    scene.rescue(1, 1, 'a', 'websocket:gone').relay.declined(2, 1, 'no-resumer');
    scene.said();
    jest.advanceTimersByTime(60_000);
    expect(scene.said()).toEqual(['close a']);
  });

  test('that no worker ever has room for is closed in the end', () => {
    jest.useFakeTimers();
    const scene = new Scene(1);
    scene.mayCome = true;
    scene.rescue(1, 1, 'a').die(1);
    scene.said();
    jest.advanceTimersByTime(60_000);
    expect(scene.said()).toEqual([]);
    jest.advanceTimersByTime(TAKE_WITHIN_MS);
    expect(scene.said()).toEqual(['close a']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is closed in the end while its receivers come and die', () => {
    jest.useFakeTimers();
    const scene = new Scene(1);
    scene.mayCome = true;
    scene.rescue(1, 1, 'a').die(1);
    for (let serial = 2; serial <= 8; serial++) {
      scene.come(serial).die(serial);
      jest.advanceTimersByTime(10_000);
    }
    expect(scene.said()).toContain('close a');
    expect(scene.relay.held).toBe(0);
  });

  test('comes to a worker that was late, once that has time for it', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.rescue(1, 1, 'a').relay.declined(2, 1, 'late');
    expect(scene.said()).toEqual(['1 handed-over 1', '2 take 1', '2 take 2']);
  });

  test('is one of a batch, of which a receiver gets a part at a time', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.mayCome = true;
    scene.mostHeld = 1_000;
    for (let id = 1; id <= 100; id++) scene.rescue(1, id, 'a');
    expect(scene.said().filter((line) => line.startsWith('2 take'))).toHaveLength(64);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['close a', '2 take 65']);
    for (let id = 2; id <= 100; id++) scene.relay.took(2, id);
    expect(scene.relay.held).toBe(0);
    expect(scene.relay.moved).toBe(100);
  });

  test('has a state that comes unasked, before or after a receiver has it', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.rescue(1, 1, 'a', 'websocket:0').relay.state(1, 1, 'n=5');
    expect(scene.said()).toEqual(['2 take 1']);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual(['close a', '2 state 1: n=5']);
    scene.rescue(1, 2, 'b', 'websocket:0').relay.took(2, 2);
    expect(scene.said()).toEqual(['2 take 2']);
    scene.relay.state(1, 2, 'n=6');
    expect(scene.said()).toEqual(['close b', '2 state 2: n=6']);
  });

  test('keeps its state when its sender ends and it waits for a worker', () => {
    const scene = new Scene(1);
    scene.mayCome = true;
    scene.rescue(1, 1, 'a', 'websocket:0').relay.state(1, 1, 'n=5');
    scene.die(1).come(2).relay.took(2, 1);
    expect(scene.said()).toEqual(['2 take 1', 'close a', '2 state 1: n=5']);
  });

  test('has a state that may be read after the end of its sender, as may the connection itself', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.rescue(1, 1, 'a', 'websocket:0').die(1).rescue(1, 2, 'b', 'websocket:0');
    scene.relay.took(2, 1);
    scene.relay.took(2, 2);
    expect(scene.said()).toEqual(['2 take 1', '2 take 2']);
    scene.relay.state(1, 1, 'n=5');
    scene.relay.state(1, 2, 'n=6');
    expect(scene.said()).toEqual(['close a', '2 state 1: n=5', 'close b', '2 state 2: n=6']);
    scene.relay.state(1, 2, 'again');
    expect(scene.said()).toEqual([]);
  });

  test('whose state never comes is let go of: its sender was killed between the two', () => {
    jest.useFakeTimers();
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.rescue(1, 1, 'a', 'websocket:0').die(1).relay.took(2, 1);
    jest.advanceTimersByTime(STATE_WITHIN_MS);
    expect(scene.said()).toEqual(['2 take 1']);
    jest.advanceTimersByTime(2 * STATE_WITHIN_MS);
    expect(scene.said()).toEqual(['close a', '2 state 1: undefined']);
    expect(scene.relay.onWay).toBe(0);
  });

  test('takes along what its sender had on its way before', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.mayCome = true;
    scene.offer(1, 1, 'a').offer(1, 2, 'b', 'websocket:0').rescue(1, 3, 'c');
    expect(scene.said()).toEqual(['2 take 1', '2 take 2', '1 handed-over 1', '1 handed-over 3', '2 take 3']);
    scene.relay.state(1, 2, 'n=5');
    scene.die(2).die(1).come(3);
    scene.relay.took(3, 4);
    scene.relay.took(3, 5);
    scene.relay.took(3, 6);
    expect(scene.said()).toEqual([
      '3 take 4',
      '3 take 5',
      '3 take 6',
      'close a',
      'close b',
      '3 state 5: n=5',
      'close c',
    ]);
  });
});

test('the sender fails while its idle connection is on its way to a worker that hangs: it need not wait for that', () => {
  const scene = new Scene(1, 2);
  scene.receivers = [2];
  scene.offer(1, 1, 'a').offer(1, 2, 'b', 'ws');
  expect(scene.said()).toEqual(['2 take 1', '2 take 2']);
  scene.relay.failed(1);
  expect(scene.said()).toEqual(['1 handed-over 1']);
  scene.mayCome = true;
  scene.die(2);
  expect(scene.relay.held).toBe(1);
});

test('the sender dies while its idle connection is on its way: it waits for a worker when all others decline it', () => {
  const scene = new Scene(1, 2, 3);
  scene.receivers = [2, 3];
  scene.mayCome = true;
  scene.offer(1, 1, 'a');
  scene.said();
  scene.die(1).die(3).relay.declined(2, 1, 'no-descriptor');
  expect(scene.said()).toEqual([]);
  expect(scene.come(4).said()).toEqual(['4 take 2']);
});

describe('a sender that has read no answer', () => {
  test('offers what it was to keep once more: that is an offer like any other', () => {
    const scene = new Scene(1);
    scene.offer(1, 1, 'a', 'websocket:0');
    expect(scene.said()).toEqual(['close a', '1 keep 1: no-taker']);
    scene.mayCome = true;
    scene.again(1, 2, 'a again', 1).relay.state(1, 2, 'state');
    scene.die(1);
    expect(scene.said()).toEqual([]);
    scene.come(2).relay.took(2, 1);
    expect(scene.said()).toEqual(['2 take 1', 'close a again', '2 state 1: state']);
  });

  test('offers what is still on its way: the first copy is enough, and its state follows', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.offer(1, 1, 'a', 'websocket:0').again(1, 2, 'a again', 1);
    expect(scene.said()).toEqual(['2 take 1', 'close a again']);
    scene.relay.took(2, 1);
    expect(scene.said()).toEqual([]);
    scene.die(1).relay.state(1, 2, 'state');
    expect(scene.said()).toEqual(['close a', '2 state 1: state']);
  });

  test('offers what its receiver has taken, and what that waits for follows', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.offer(1, 1, 'a', 'websocket:0').relay.took(2, 1);
    scene.again(1, 2, 'a again', 1).relay.state(1, 2, 'state');
    expect(scene.said()).toEqual([
      '2 take 1',
      '1 handed-over 1',
      'close a again',
      'close a',
      '2 state 1: state',
    ]);
  });

  test('offers what another worker has: it never has two owners', () => {
    const scene = new Scene(1, 2, 3);
    scene.receivers = [2];
    scene.offer(1, 1, 'a').relay.took(2, 1);
    scene.receivers = [3];
    scene.again(1, 2, 'a again', 1, '');
    expect(scene.said()).toEqual([
      '2 take 1',
      'close a',
      '1 handed-over 1',
      'close a again',
      '1 handed-over 2',
    ]);
  });

  test('gets nothing back, and lets go of an idle connection under its new number', () => {
    const scene = new Scene(1, 2);
    scene.receivers = [2];
    scene.mayCome = true;
    scene.offer(1, 1, 'a').again(1, 2, 'a again', 1, '');
    expect(scene.said()).toEqual(['2 take 1', 'close a again', '1 handed-over 2']);
    scene.die(2);
    expect(scene.said()).toEqual([]);
    expect(scene.relay.held).toBe(1);
  });
});
