import { Scene } from '../decide/testing/scene.ts';
import { agentLine, explained, readinessOf } from './readiness.ts';

const FOUR = { workers: 4, stopDelay: 5_000 };
const started = () => new Scene(FOUR).started();
const leaving = (scene: Scene) => scene.happen({ type: 'leave-requested', by: 'tshorn leave' });
const stop = (scene: Scene) => scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' });

const answersOf = ({ state }: Scene, needed = 1) => {
  const readiness = readinessOf(state, needed);
  return [readiness.notReady, agentLine(readiness, true)];
};

test('a server with all its workers is ready with its whole weight, during a reload too', () => {
  expect(answersOf(started())).toEqual([undefined, 'up ready 100%']);
  expect(answersOf(started().reload().prepared().bootAll())).toEqual([undefined, 'up ready 100%']);
});

test('a reload that drains before it boots leaves too few, as its page says', () => {
  const scene = new Scene({ workers: 1 }).started().reloadAs({ kind: 'replace' });
  expect(answersOf(scene)).toEqual(['0 of 1 workers ready', 'down #0 of 1 workers ready']);
});

test('the weight follows the workers that are ready', () => {
  const scene = started().crash(1).drained(1).exit(1, 1);
  expect(answersOf(scene)).toEqual([undefined, 'up ready 75%']);
});

test('with fewer workers than it needs a server is down; what counts comes first', () => {
  const scene = started().crash(1).drained(1).exit(1, 1);
  const [reason, line] = answersOf(scene, 4);
  expect(reason).toBe('3 of 4 workers ready, --ready-workers is 4');
  // Without the blank HAProxy ignores the word.
  expect(line).toMatch(/^down #3 of 4 workers ready, --ready-workers is 4: .*uncaught Error: boom.*$/);
  expect(line).not.toContain('\n');
});

test('whoever has no token learns the figures, and nothing that the app has said', () => {
  const readiness = readinessOf(started().crash(1).drained(1).exit(1, 1).state, 4);
  expect(agentLine(readiness, false)).toBe('down #3 of 4 workers ready, --ready-workers is 4');
  expect(explained(readiness, 'starting', false)).toBe('starting');
  expect(explained(readiness, 'starting', true)).toMatch(/^starting: .*uncaught Error: boom/);
});

test('a server that leaves drains, and one that stops does so until its end', () => {
  expect(answersOf(leaving(started()))).toEqual(['leaving: by tshorn leave', 'drain']);
  const scene = stop(started());
  expect(answersOf(scene)).toEqual(['leaving: graceful stop by SIGTERM', 'drain']);
  expect(answersOf(scene.expire('leaving'))).toEqual(['stopping', 'drain']);
  expect(answersOf(scene.settle())).toEqual(['stopped', 'drain']);
});

test('the start is over when the first workers serve', () => {
  expect(readinessOf(new Scene(FOUR).state, 1)).toMatchObject({
    notStarted: 'starting: 0 of 4 workers ready',
  });
  expect(readinessOf(started().state, 1).notStarted).toBeUndefined();
});
