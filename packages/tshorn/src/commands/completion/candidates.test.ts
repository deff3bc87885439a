import { COMMAND_TABLE } from '../all.ts';
import { candidates } from './candidates.ts';

const offered = (...words: string[]) =>
  candidates(words, { commands: COMMAND_TABLE, packageCommands: () => ['next', 'reload', 'nuxt'] });
const values = async (...words: string[]) => (await offered(...words)).list.map(({ value }) => value);

it('the first word is a command or a path, and the command of a package when it is begun', async () => {
  const { list, paths } = await offered('');
  const names = list.map(({ value }) => value);
  expect(names).toEqual(expect.arrayContaining(['reload', 'check', 'completion']));
  expect(names).not.toContain('next');
  expect(paths).toBe(true);
  expect(await values('n')).toEqual(['next', 'nuxt']);
  expect(await values('relo')).toEqual(['reload']);
});

it('a summary stands beside each command and each option', async () => {
  expect((await offered('rel')).list[0]?.text).toContain('Replace every worker');
  expect((await offered('app.js', '--work')).list[0]?.text).toContain('number of worker');
});

it.each([
  [['app.js', '--log-l'], ['--log-level']],
  [['--wor'], ['--workers']],
  [['check', 'app.js', '--wor'], ['--workers']],
  [['app.js', '--no-hand'], ['--no-handoff']],
  [['app.js', '--hand'], ['--handoff']],
  [['reload', '--pl'], ['--plan']],
  [['status', '--pl'], []],
  [['reload', '--wor'], []],
])('options of the server and of each command: %j', async (words, expected) =>
  expect(await values(...words)).toEqual(expected),
);

it.each([
  [['app.js', '--log-level', 'w'], ['warn']],
  [['app.js', '--log-level=w'], ['--log-level=warn']],
  [
    ['reload', '--plan', ''],
    ['rolling', 'canary', 'overlap', 'replace'],
  ],
  [['reload', '--plan=c'], ['--plan=canary']],
  [['app.js', '--handoff', 'n'], ['no']],
  [['completion', 'f'], ['fish']],
  [['help', 'relo'], ['reload']],
  [['app.js', '--workers', ''], []],
])('values, where there are a few: %j', async (words, expected) =>
  expect(await values(...words)).toEqual(expected),
);

it.each([
  [['app.js', '--log-file', ''], true],
  [['app.js', '-c', ''], true],
  [['app.js', '--log-file='], true],
  [['reload', '--pid-file', ''], true],
  [['check', ''], true],
  [['-w', '2', ''], true],
  [['app.js', '--', ''], true],
  [['app.js', '-w', ''], false],
  [['app.js', ''], false],
  [['status', ''], false],
])('files, where a file is meant: %j', async (words, paths) =>
  expect((await offered(...words)).paths).toBe(paths),
);

it('an option that is given is not offered again, unless it is repeatable', async () => {
  expect(await values('app.js', '-w', '2', '--work')).toEqual([]);
  expect(await values('app.js', '--bind', ':1', '--bi')).toEqual(['--bind']);
});
