import { spawnFailure } from './spawn-failure.ts';
import { WorkerHandle } from './worker-handle.ts';

/** A worker that is started with this environment, and what its handle reports. */
function start(env: NodeJS.ProcessEnv) {
  const reports: string[] = [];
  const handle = new WorkerHandle({
    onSpawned: () => reports.push('spawned'),
    onMessage: () => {},
    onEnded: ({ code, signal, failure }) => {
      reports.push(failure?.reason ?? '', `ended ${code} ${signal}`);
      // As the master does.
      handle.kill();
    },
  });
  handle.start({ exec: '/dev/null', cwd: '/', env, boot: {} as never, runAs: undefined });
  return reports;
}

test.each([
  ['a value with a NUL', { SECRET: 'a\0b' }, /: The property 'options.env\['SECRET'\]' must be .*$/],
  ['a value that is too long', { LONG: 'x'.repeat(200_000) }, /: spawn E2BIG \(its environment .*\)$/],
])('%s is a failure with its reason, and one end', (_name, env, reason) => {
  const reports = start(env);
  expect(reports).toEqual([expect.stringMatching(reason), 'ended null null']);
});

test('the value that Node refuses is not shown', () => {
  const [reason] = start({ SECRET: 'open\0sesame' });
  expect(reason).not.toContain('sesame');
});

test('a machine that lacks processes or descriptors at the moment may start the next one', () => {
  const failure = (code: string) => spawnFailure(Object.assign(new Error(`spawn ${code}`), { code }));
  expect(failure('EAGAIN')).toEqual({
    reason: 'the worker process could not be started: spawn EAGAIN',
    isPassing: true,
  });
  expect(failure('E2BIG').isPassing).toBe(false);
});
