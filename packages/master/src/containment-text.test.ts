import { RESCUE_MS } from './decide/rescue.ts';
import { Scene } from './decide/testing/scene.ts';
import { fieldsOf, textOf } from './journal.ts';

const start = (...given: ConstructorParameters<typeof Scene>) => new Scene(...given).started().forget();

/** The line about worker 1, by its level. */
function lineOf(scene: Scene): string {
  const lines = scene.notices.filter(({ event }) => event === 'contained');
  expect(lines).toHaveLength(1);
  const [line] = lines;
  return line ? `${line.level} ${textOf(line)}` : '';
}

const WORKER = 'worker=0 gen=1 pid=1001';
const REPORT = { moved: 97, finished: 3, closed: 0, forceClosed: 5, answered: 12, unanswered: 0 };

test.each([
  [
    'answered',
    0,
    `info ${WORKER} crashed: moved=97 finished=12 lost=1 in 300ms; GET /boom was answered with 500`,
  ],
  [
    'closed',
    0,
    `info ${WORKER} crashed: moved=97 finished=12 lost=1 in 300ms; the connection of GET /boom was closed`,
  ],
  ['none', 0, `info ${WORKER} crashed: moved=97 finished=12 lost=0 in 300ms`],
  ['none', 1, `warn ${WORKER} crashed: moved=97 finished=12 lost=1 in 300ms`],
  // It is among those that the end of the grace has failed.
  [
    'unknown',
    1,
    `info ${WORKER} crashed: moved=97 finished=12 lost=1 in 300ms; the request that caused it is not known: it was answered with 500, or closed, when the grace ended`,
  ],
  ['unknown', 0, `info ${WORKER} crashed: moved=97 finished=12 lost=0 in 300ms`],
  [
    'answered',
    2,
    `warn ${WORKER} crashed: moved=97 finished=12 lost=3 in 300ms; GET /boom was answered with 500`,
  ],
] as const)('a crash whose request is %s, with %d that the grace has ended', (cost, unanswered, line) => {
  const scene = start({ workers: 2 })
    .crash(1, cost)
    .drained(1, { ...REPORT, unanswered });
  scene.at = 300;
  expect(lineOf(scene.exit(1, 1))).toBe(line);
});

test('a hang that was interrupted', () => {
  const scene = start({ workers: 2 }).hang(1).rescued(1, { rescued: 97 });
  const request = { method: 'POST', path: '/search', ageMs: 30_000, answering: false };
  scene.happen({ type: 'worker-turns-again', serial: 1, culprit: { cost: 'answered', request } });
  scene.drained(1, REPORT);
  scene.at = 1_200;
  expect(lineOf(scene.exit(1, 1))).toBe(
    `info ${WORKER} hung: rescued=97 interrupted=yes finished=12 lost=1 in 1.2s; POST /search was answered with 503`,
  );
  expect(scene.state.containment).toEqual({
    crashes: 0,
    hangs: 1,
    interrupted: 1,
    rescued: 97,
    finished: 12,
    lost: 1,
    lostUnknown: 0,
    inFlight: 0,
  });
});

test('a hang that ended by itself', () => {
  const scene = start({ workers: 2 }).hang(1).rescued(1, { rescued: 97, outcome: 'turning' });
  scene.happen({ type: 'worker-turns-again', serial: 1, culprit: { cost: 'none' } });
  expect(lineOf(scene.drained(1, REPORT).exit(1, 1))).toBe(
    `info ${WORKER} hung: rescued=97 interrupted=no (its event loop turned again by itself) finished=12 lost=0 in 0ms`,
  );
});

test('a hang that could not be interrupted', () => {
  const why = 'a timer called the code that is stuck';
  const scene = start({ workers: 2 }).hang(1).rescued(1, { outcome: 'stuck', rescued: 97, left: 13, why });
  expect(lineOf(scene.exit(1, null, 'SIGKILL'))).toBe(
    `warn ${WORKER} hung: rescued=97 interrupted=no (${why}) finished=0 lost=13 in 0ms; killed`,
  );
  expect(scene.state.containment).toMatchObject({ hangs: 1, interrupted: 0, rescued: 97, lost: 13 });
});

test('a hang that is killed without an attempt has its line, and is counted', () => {
  const scene = start({ workers: 2, killsHung: '--on-hang kill' }).hang(1);
  expect(lineOf(scene.exit(1, null, 'SIGKILL'))).toBe(
    `warn ${WORKER} hung: rescued=0 interrupted=no (--on-hang kill) finished=0 lost=unknown in 0ms; killed`,
  );
  expect(scene.state.containment).toMatchObject({ hangs: 1, lost: 0, lostUnknown: 1 });
});

test('a crash loop has this line each time: what it costs does not repeat', () => {
  const scene = start({ workers: 2 });
  const worker = scene.state.workers[1];
  if (worker) worker.repeat = true;
  scene.crash(1).drained(1, REPORT);
  expect(lineOf(scene.exit(1, 1))).toMatch(/^info /);
});

test('a hang in which nothing answered: what nobody knows is no number', () => {
  const scene = start({ workers: 2 }).hang(1).expire('rescue:1');
  expect(lineOf(scene.exit(1, null, 'SIGKILL'))).toBe(
    `warn ${WORKER} hung: rescued=0 interrupted=no (no answer in time) finished=0 lost=unknown in ${RESCUE_MS / 1_000}.0s; killed`,
  );
  expect(scene.reported('contained')[0]?.containment).not.toHaveProperty('lost');
});

test('a second exception while the worker drains: the rest was given away as it ended', () => {
  const scene = start({ workers: 2 }).crash(1);
  const words = 'exit code 1: uncaught RangeError: x';
  scene.happen({ type: 'worker-exited', serial: 1, code: 1, signal: null, words, rescued: 40 });
  expect(lineOf(scene)).toBe(
    `warn ${WORKER} crashed: rescued=40 moved=unknown finished=unknown lost=unknown in 0ms; it ended before it had drained: ${words}; GET /boom was answered with 500`,
  );
});

test('a worker that ends by itself after its grace: its last words are of the exception before', () => {
  const scene = start({ workers: 2, crashGrace: 5_000 }).crash(1);
  scene.at = 6_000;
  scene.happen({ type: 'worker-exited', serial: 1, code: 1, signal: null, words: 'exit code 1: uncaught x' });
  expect(lineOf(scene)).toMatch(/ lost=unknown in 6\.0s; its grace was over; GET \/boom was answered/);
});

test('a worker that was still there after its grace', () => {
  const scene = start({ workers: 2 }).crash(1).expire('drain:1').exit(1, null, 'SIGKILL');
  expect(lineOf(scene)).toMatch(/^warn .* crashed: .* lost=unknown in 8\.0s; killed; GET \/boom/);
});

test('an app that handles its exceptions and exits: what it gave away is told', () => {
  const scene = start({ workers: 2 });
  scene.happen({ type: 'worker-exited', serial: 1, code: 1, signal: null, rescued: 40 });
  expect(scene.reported('crashed')).toHaveLength(1);
  expect(lineOf(scene)).toMatch(
    /^warn .* crashed: rescued=40 .* lost=unknown .*; ended at once: exit code 1$/,
  );
  expect(scene.state.slots[0]?.failures).toBe(1);
});

test('a death that nothing contains has no such line, and what it had in flight is told and counted', () => {
  const scene = start({ workers: 2 });
  const words = 'killed by SIGKILL';
  scene.happen({ type: 'worker-exited', serial: 1, code: null, signal: 'SIGKILL', words, inFlight: 5 });
  expect(scene.reported('contained')).toEqual([]);
  expect(scene.state.containment).toMatchObject({ crashes: 0, lost: 0, lostUnknown: 1, inFlight: 5 });
  const [crashed] = scene.reported('crashed');
  expect(crashed && [textOf(crashed), fieldsOf(crashed).inFlight]).toEqual([
    expect.stringMatching(/killed by SIGKILL, after .* of service; 5 requests in flight at its last report$/),
    5,
  ]);
});

test('so is that of a worker that is killed while it drains or hangs', () => {
  const scene = start({ workers: 2, killsHung: '--on-hang kill' });
  scene.request({ kind: 'scale', to: 1, by: 'tshorn scale' });
  expect(scene.state.workers[2]?.state).toBe('draining');
  scene.happen({ type: 'worker-exited', serial: 2, code: null, signal: 'SIGKILL', inFlight: 1 });
  const exited = scene.reported('exited').at(-1);
  expect(exited && textOf(exited)).toMatch(/; 1 request in flight at its last report$/);
  scene.hang(1);
  scene.happen({ type: 'worker-exited', serial: 1, code: null, signal: 'SIGKILL', inFlight: 3 });
  expect(lineOf(scene)).toContain(' lost=unknown (3 in flight) in ');
  expect(scene.state.containment).toMatchObject({ hangs: 1, lostUnknown: 2, inFlight: 4 });
});

test('the drain before it tells of connections, and nothing that looks like its requests', () => {
  const scene = start({ workers: 2 }).crash(1).drained(1, REPORT);
  const drained = scene.reported('drained').at(-1);
  expect(drained && textOf(drained)).toMatch(/^drained .* moved=97 closed=0 force-closed=5 in /);
});

test('a worker that has told of its requests, or had left, loses none that nobody knows', () => {
  const scene = start({ workers: 2 }).crash(1).drained(1, REPORT);
  scene.happen({ type: 'worker-exited', serial: 1, code: 1, signal: null, inFlight: 0 });
  scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'SIGTERM' }).settle();
  expect(scene.state.containment).toMatchObject({ crashes: 1, lostUnknown: 0, inFlight: 0 });
});

test('a parked worker that ends by itself has lost nothing: it had drained', () => {
  const scene = start({ workers: 2 });
  const worker = scene.state.workers[1];
  if (worker) worker.state = 'parked';
  scene.happen({ type: 'worker-exited', serial: 1, code: null, signal: 'SIGKILL', inFlight: 0 });
  expect(scene.state.containment).toMatchObject({ lostUnknown: 0, inFlight: 0 });
});

test('only the answer to its own drain tells of the request that was stuck', () => {
  const forged = { cost: 'closed' } as const;
  const tell = (scene: Scene) => scene.happen({ type: 'worker-turns-again', serial: 1, culprit: forged });
  tell(start({ workers: 2 }));
  const scene = tell(start({ workers: 2 }).crash(1, 'none'))
    .drained(1, REPORT)
    .exit(1, 1);
  expect(lineOf(scene)).toContain('lost=0');
});

test('a worker that crashes and then hangs is one failure, with one line', () => {
  const scene = start({ workers: 2 }).crash(1).hang(1).rescued(1, { rescued: 2 }).drained(1, REPORT);
  expect(lineOf(scene.exit(1, 1))).toMatch(
    /^info .* crashed: rescued=2 interrupted=yes moved=97 finished=12 lost=1/,
  );
  expect(scene.state.containment).toMatchObject({ crashes: 1, hangs: 0 });
});
