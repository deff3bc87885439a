import type { Command } from './command.ts';
import { readCommand } from './parser.ts';
import { reload } from './reload.ts';
import { scale } from './scale.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';

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

it.each([
  [reload, ['--jsn'], 'no such option; did you mean --json?'],
  [reload, ['app.js'], 'expected the pid of a master'],
  [reload, ['1', '2'], '"2": unexpected'],
  [status, ['--quick'], 'tshorn status has no such option'],
  [status, ['--control'], '--control: its value is missing; expected the path of a unix socket'],
  [scale, [], 'N|+N|-N is missing'],
  [scale, ['+0'], 'got "+0"'],
  [stop, ['--quick', '--now'], '--quick and --now exclude each other'],
  [reload, ['--abort', '--dry-run'], '--abort and --dry-run exclude each other'],
  [reload, ['--abort', '--plan', 'canary'], '--abort and --plan exclude each other'],
  [reload, ['--plan', 'x'], '--plan: got "x"; expected one of rolling, canary, overlap, replace'],
  [status, ['--plan', 'canary'], 'tshorn status has no such option'],
])('$name %j is refused', (command, words, message) => {
  expect(() => readCommand(command, words)).toThrow(message);
});
