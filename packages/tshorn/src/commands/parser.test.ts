import { COMMAND_TABLE } from './all.ts';
import type { Command } from './command.ts';
import { readCommand } from './parser.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { stop } from './stop.ts';
import { unit } from './unit.ts';

const values = (command: Command, ...words: string[]) => readCommand(command, words).values;

it.each([
  [['4'], { to: 4 }],
  [['+2'], { delta: 2 }],
  [['-1'], { delta: -1 }],
])('scale %j', (words, count) => expect(values(scale, ...words)).toMatchObject({ count }));

it('reads arguments, options and flags', () => {
  expect(values(reload, '17', '--json')).toMatchObject({ pid: 17, json: true, noWait: false });
  expect(values(stop, '--control', 'x.sock', '--now')).toMatchObject({ control: 'x.sock', now: true });
  expect(values(scale, '-1', '17', '--no-wait')).toMatchObject({ pid: 17, noWait: true });
  expect(values(reload, '--json', '--json', '--plan', 'canary', '--plan=overlap')).toMatchObject({
    json: true,
    plan: 'overlap',
  });
});

it('divides the words of a server from the options of the command', () => {
  const words = [
    'app.js',
    '-w',
    '2',
    '--name',
    'shop',
    '--node-options',
    '--socket',
    '--handoff',
    '--',
    '--name',
    'x',
  ];
  const line = readCommand(unit, [...words.slice(0, 5), '--socket', ...words.slice(5)]);
  expect(line.values).toMatchObject({ name: 'shop', socket: true, container: false });
  expect(line.words).toEqual(words.filter((_, at) => at !== 3 && at !== 4));
});

it('an app whose name ends like a flag is an app', () => {
  for (const app of ['./workers', './bind', './config']) {
    const line = readCommand(unit, [app, '--name', 'shop']);
    expect(line).toMatchObject({ values: { name: 'shop' }, words: [app] });
  }
});

it.each([
  ['unit', ['app.js', '--wokers', '2'], '--wokers: unknown option; did you mean --workers?'],
  ['unit', ['app.js', '--contaner'], '--contaner: unknown option; did you mean --container?'],
  ['unit', ['app.js', '--name'], '--name: its value is missing; expected the name of a unit'],
  ['unit', ['app.js', '--print-config'], '--print-config: tshorn unit has no such option'],
  ['reload', ['--jsn'], 'no such option; did you mean --json?'],
  ['reload', ['app.js'], 'expected the pid of a master'],
  ['reload', ['1', '2'], '"2": unexpected'],
  ['status', ['--quick'], 'tshorn status has no such option'],
  ['status', ['--control'], '--control: its value is missing; expected the path of a unix socket'],
  ['scale', [], 'N|+N|-N|MIN..MAX|auto is missing'],
  ['scale', ['+0'], 'got "+0"'],
  ['stop', ['--quick', '--now'], '--quick and --now exclude each other'],
  ['reload', ['--abort', '--dry-run'], '--abort and --dry-run exclude each other'],
  ['reload', ['--abort', '--plan', 'canary'], '--abort and --plan exclude each other'],
  ['reload', ['--plan', 'x'], '--plan: got "x"; expected one of rolling, canary, overlap, replace'],
  ['status', ['--plan', 'canary'], 'tshorn status has no such option'],
] as const)('%s %j is refused', (name, words, message) => {
  expect(() => readCommand(COMMAND_TABLE[name], words)).toThrow(message);
});
