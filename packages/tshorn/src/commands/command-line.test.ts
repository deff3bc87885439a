import { readCommand } from './command-line.ts';

it.each([
  [['4'], { to: 4 }],
  [['+2'], { delta: 2 }],
  [['-1'], { delta: -1 }],
])('scale %j', (words, scale) => expect(readCommand('scale', words).scale).toEqual(scale));

it('names the master by one way', () => {
  expect(readCommand('reload', ['17', '--json'])).toMatchObject({
    which: { pid: 17 },
    json: true,
    wait: true,
  });
  expect(readCommand('stop', ['--control', 'x.sock', '--now'])).toMatchObject({
    which: { control: 'x.sock' },
    mode: 'now',
  });
  expect(readCommand('scale', ['-1', '17', '--no-wait'])).toMatchObject({ which: { pid: 17 }, wait: false });
});

it.each([
  ['reload', ['--jsn'], 'no such option; did you mean --json?'],
  ['reload', ['app.js'], 'expected the pid of a master'],
  ['reload', ['1', '2'], '"2": unexpected'],
  ['status', ['1', '--control', 'x'], 'give one of them'],
  ['status', ['--quick'], 'tshorn status has no such option'],
  ['status', ['--control'], '--control: the value is missing'],
  ['scale', [], 'got nothing'],
  ['scale', ['+0'], 'got "+0"'],
  ['stop', ['--quick', '--now'], '--quick and --now exclude each other'],
  ['reload', ['--abort', '--dry-run'], '--abort and --dry-run exclude each other'],
  ['reload', ['--abort', '--plan', 'canary'], '--abort and --plan exclude each other'],
  ['reload', ['--plan', 'x'], '--plan: got "x"; expected one of rolling, canary, overlap, replace'],
  ['status', ['--plan', 'canary'], 'tshorn status has no such option'],
] as const)('%s %j is refused', (name, words, message) => {
  expect(() => readCommand(name, words)).toThrow(message);
});
