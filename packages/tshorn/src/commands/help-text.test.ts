import { SECTIONS } from '@tshorn/config';
import { COMMAND_TABLE } from './all.ts';
import { helpText } from './help-text.ts';
import { commandsMarkdown } from './markdown.ts';
import { COMMANDS, type CommandName, FOREIGN } from './names.ts';

const FLAGS = SECTIONS.flatMap(({ options }) =>
  options.flatMap(({ flag, row }) => (flag ? [{ flag, row }] : [])),
);
const help = (name?: CommandName) => helpText(COMMAND_TABLE, name);
const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('the table has the commands in the order of their names', () => {
  expect(Object.keys(COMMAND_TABLE)).toEqual([...COMMANDS]);
  for (const [name, command] of Object.entries(COMMAND_TABLE)) expect(command.name).toBe(name);
});

test.each([undefined, ...COMMANDS])('the help of %s fits 80 columns', (name) => {
  const text = help(name);
  expect(longest(text)).toBeLessThanOrEqual(80);
  expect(text).not.toMatch(/ +$/m);
  expect(text).toMatch(/^Exit code\n {2}0 {2}/m);
});

test('the help lists every option, the no form of those that have one, every command and every exit code', () => {
  const text = help();
  for (const { flag, row } of FLAGS) expect(text).toContain(row.kind.none ? `--[no-]${flag}` : `--${flag}`);
  for (const name of COMMANDS) expect(text).toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'));
  for (const name of FOREIGN) expect(text).not.toMatch(new RegExp(`^ {2}${name}( |$)`, 'm'));
  for (let code = 0; code <= 7; code++) expect(text).toMatch(new RegExp(`^ {2}${code} {2}\\S`, 'm'));
});

test('the help of a command lists its words, options, examples and exit codes', () => {
  const text = help('reload');
  for (const part of ['[PID]', '--plan PLAN', 'rolling,', '--dry-run', 'tshorn reload --abort', '  1  not']) {
    expect(text).toContain(part);
  }
});

test('the page of commands has each command with its exit codes in one table', () => {
  const page = commandsMarkdown();
  for (const name of COMMANDS) expect(page).toMatch(new RegExp(`^\\| \\[\`tshorn ${name}\`\\].*\`0\``, 'm'));
});
