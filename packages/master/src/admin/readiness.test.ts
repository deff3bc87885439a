import { Scene } from '../decide/testing/scene.ts';
import { agentLine, readinessOf } from './readiness.ts';

const FOUR = { workers: 4, stopDelay: 5_000 };
const started = () => new Scene(FOUR).started();
const leaving = (scene: Scene) => scene.happen({ type: 'leave-requested', by: 'tshorn leave' });
const stop = (scene: Scene) => scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });

const answersOf = ({ state }: Scene, needed = 1) => {
  const readiness = readinessOf(state, needed);
  return [readiness.notReady, agentLine(readiness)];
};

test('a server with all its workers is ready with its whole weight, during a reload too', () => {
  expect(answersOf(started())).toEqual([undefined, 'up ready 100%']);
  expect(answersOf(started().reload().prepared().bootAll())).toEqual([undefined, 'up ready 100%']);
});

test('the weight follows the workers that are ready', () => {
  const scene = started().crash(1).drained(1).exit(1, 1);
  expect(answersOf(scene)).toEqual([undefined, 'up ready 75%']);
});

test('with fewer workers than it needs a server is down, and the reason is a description to HAProxy', () => {
  const scene = started().crash(1).drained(1).exit(1, 1);
  const [reason, line] = answersOf(scene, 4);
  expect(reason).toMatch(/^3 of 4 workers ready.*, --ready-workers is 4$/);
  // Without the blank HAProxy ignores the word.
  expect(line).toBe(`down #${reason}`);
  expect(line).not.toContain('\n');
});

test('a server that leaves drains, and one that ends is down', () => {
  expect(answersOf(leaving(started()))).toEqual(['leaving: by tshorn leave', 'drain']);
  const scene = stop(started());
  expect(answersOf(scene)).toEqual(['leaving: graceful stop by SIGTERM', 'drain']);
  expect(answersOf(scene.expire('leaving'))).toEqual(['stopping', 'down #stopping']);
  expect(answersOf(scene.settle())).toEqual(['stopped', 'down #stopped']);
});

test('a server that leaves is down no sooner than it ends', () => {
  expect(answersOf(stop(leaving(started())).expire('leaving'))).toEqual(['stopping', 'down #stopping']);
});

test('the start is over when the first workers serve', () => {
  expect(readinessOf(new Scene(FOUR).state, 1)).toMatchObject({
    notStarted: 'starting: 0 of 4 workers ready',
  });
  expect(readinessOf(started().state, 1).notStarted).toBeUndefined();
});
