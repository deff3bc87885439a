import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decide, initialState } from '../decide/decide.ts';
import { NEW_MASTER, type State } from '../decide/model.ts';
import { receiversFor } from '../decide/queries.ts';
import { settings } from '../decide/testing/scene.ts';
import { RelayScene } from '../testing/relay-scene.ts';
import { find } from './command.ts';
import { lastAnswers } from './re-exec.ts';
import { whyNoReExec } from './refusal.ts';

const running = (more: Partial<State> = {}): State => ({
  ...initialState(settings),
  phase: 'running',
  workers: { 1: { serial: 1, slot: 0, generation: 1, state: 'ready', bornAt: 0 } },
  ...more,
});

describe('a re-exec is refused', () => {
  const why = (more: object) =>
    whyNoReExec({
      pid: 100,
      state: running(),
      hasCommand: true,
      hasNewMaster: false,
      isFollowing: false,
      ...more,
    });

  test.each([
    ['in a program that calls start()', { hasCommand: false }, 'part of a program'],
    ['as process 1 of a container', { pid: 1 }, 'process 1'],
    ['while one is under way', { hasNewMaster: true }, 'a re-exec is under way'],
    ['before this master is active', { isFollowing: true }, 'not active yet'],
    ['during the start', { state: running({ phase: 'starting' }) }, 'start is not over'],
    ['during the stop', { state: running({ phase: 'draining' }) }, 'stopping'],
  ])('%s', (_when, situation, words) => {
    expect(why(situation)).toContain(words);
  });

  test('and in no other situation', () => expect(why({})).toBeUndefined());
});

describe('the connections of a stop', () => {
  const stop = (newMaster: boolean) =>
    decide(running(), { type: 'stop-requested', mode: 'graceful', by: 'x', newMaster }, 0);

  test('move where another master is active, to that one alone', () => {
    const { state, effects } = stop(true);
    expect(effects).toContainEqual(expect.objectContaining({ do: 'drain', handoff: true }));
    expect(receiversFor(state, 1, new Set())).toEqual([NEW_MASTER]);
    expect(receiversFor(state, 1, new Set([NEW_MASTER]))).toEqual([]);
  });

  test('move nowhere else', () => {
    expect(stop(false).effects).toContainEqual(expect.objectContaining({ do: 'drain', handoff: false }));
  });
});

describe('the command line finds', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'tshorn-'));
    fs.mkdirSync(join(directory, 'bin'));
    fs.writeFileSync(join(directory, 'bin/node'), '', { mode: 0o755 });
    fs.writeFileSync(join(directory, 'cli.js'), '');
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  const command = (more: object = {}) => ({
    program: 'node',
    script: join(directory, 'cli.js'),
    args: [],
    flags: [],
    cwd: directory,
    ...more,
  });

  test('Node in PATH, as a shell would', () => {
    expect(find(command(), `/no-such-directory:${directory}/bin`)).toEqual({
      program: join(directory, 'bin/node'),
    });
  });

  test('Node by a path from the directory of the start', () => {
    expect(find(command({ program: 'bin/node' }), '')).toEqual({ program: join(directory, 'bin/node') });
  });

  test('the Node that runs, where its name leads nowhere', () => {
    expect(find(command({ program: 'another-name' }), directory)).toEqual({ program: process.execPath });
  });

  test('no script or directory: that is the reason', () => {
    expect(find(command({ script: '/no/cli.js' }), '')).toEqual({ reason: '/no/cli.js is gone' });
    expect(find(command({ cwd: '/no' }), '')).toEqual({ reason: 'the directory /no is gone' });
  });
});

describe('the old master, whose last worker is gone', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** More connections than the new master is offered at a time. */
  const handedOut = (): RelayScene => {
    const scene = new RelayScene(1, NEW_MASTER);
    scene.receivers = [NEW_MASTER];
    scene.mayCome = true;
    scene.mostHeld = 1_000;
    for (let id = 1; id <= 100; id++) scene.rescue(1, id, 'a');
    return scene.die(1);
  };
  const ending = ({ relay }: RelayScene, hasTaker = () => true) => {
    const end = { isReached: false };
    void lastAnswers(relay, hasTaker).then(() => {
      end.isReached = true;
    });
    return end;
  };

  test('ends when the new one has all connections that it has handed out', async () => {
    const scene = handedOut();
    const end = ending(scene);
    for (let id = 1; id <= 99; id++) scene.relay.took(NEW_MASTER, id);
    await jest.advanceTimersByTimeAsync(500);
    expect(end.isReached).toBe(false);
    scene.relay.took(NEW_MASTER, 100);
    await jest.advanceTimersByTimeAsync(100);
    expect(end.isReached).toBe(true);
  });

  test('does not wait for a new one that is gone', async () => {
    const end = ending(handedOut(), () => false);
    await jest.advanceTimersByTimeAsync(0);
    expect(end.isReached).toBe(true);
  });

  test('does not wait for ever for a new one that hangs', async () => {
    const end = ending(handedOut());
    await jest.advanceTimersByTimeAsync(2_100);
    expect(end.isReached).toBe(true);
  });
});
