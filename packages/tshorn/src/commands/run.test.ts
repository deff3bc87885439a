import { runCommand } from './run.ts';

const ASKING = ['reload', 'releases', 'status', 'top', 'logs', 'leave', 'stay', 'stop'] as const;

test.each(ASKING)('tshorn %s with the name of an app, as of PM2: a server has none', async (name) => {
  await expect(runCommand(name, ['api'])).rejects.toThrow(
    `tshorn ${name}: got "api"; a server has no name: it is the only one of this user`,
  );
});

const NOWHERE = ['--control', '/nowhere/tshorn.sock'];

test.each([
  ['auto', ...NOWHERE],
  [...NOWHERE, 'auto'],
  ['auto', '--no-wait', ...NOWHERE],
  ['auto', `--control=${NOWHERE[1]}`, '--json'],
])('tshorn scale %s %s %s: auto is what the master is asked for', async (...words) => {
  await expect(runCommand('scale', words)).rejects.toThrow('cannot ask the master at /nowhere/tshorn.sock');
});

test('tshorn scale auto PID: the second word names the master', async () => {
  await expect(runCommand('scale', ['auto', '4194999'])).rejects.toThrow('4194999');
  await expect(runCommand('scale', ['auto', '--pid-file', '/nowhere/pid'])).rejects.toThrow(
    '--pid-file: cannot read /nowhere/pid',
  );
});

test.each([
  [['foo'], 'expected a number of workers such as 4'],
  [['foo', '--pid-file', 'x.pid'], 'expected a number of workers such as 4'],
  [['AUTO'], 'the word auto is in lower case'],
  [['AUTO', '17'], 'the word auto is in lower case'],
  [['2..'], 'the range has no end'],
  [['1025'], '1024 workers are the most'],
])('tshorn scale %j is no number of workers, and no name of a server', async (words, why) => {
  await expect(runCommand('scale', words)).rejects.toMatchObject({
    code: 'ERR_OPTION',
    message: expect.stringContaining(`tshorn scale: got "${words[0]}"; ${why}`),
  });
});

test('tshorn scale 0: a server has a worker, however it is named', async () => {
  for (const words of [['0'], ['0', '--pid-file', 'x.pid'], ['--pid-file', 'x.pid', '0']])
    await expect(runCommand('scale', words)).rejects.toThrow('a server has at least one worker');
});

test('tshorn scale api 4: as PM2 names an app and its number', async () => {
  await expect(runCommand('scale', ['api', '4'])).rejects.toThrow('got "api"; a server has no name');
});
