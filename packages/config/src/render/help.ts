/** The text of `tshorn --help`, for 80 columns. */
import { COMMAND_FLAGS, type Option, SECTIONS } from '../options.ts';
import { describeDefault, describeFlag } from './describe.ts';

const WIDTH = 80;
const COLUMN = 34;

export function helpText(): string {
  const sections = SECTIONS.map(({ title, options }) => {
    const entries = options.flatMap((option) =>
      option.flag || option.key === 'app' ? [entryOf(option)] : [],
    );
    return [title, ...entries].join('\n');
  });
  const command = ['Command', ...COMMAND_FLAGS.map((row) => entry(describeFlag(row), row.summary))].join(
    '\n',
  );
  return [HEAD, ...sections, command, FOOT].join('\n\n');
}

const HEAD = [
  'Usage: tshorn APP[:NAME] [options] [-- ARG...]',
  '       tshorn check APP[:NAME] [options] [-- ARG...]',
  '       tshorn reload|status|scale|stop [PID]',
  '',
  'Serves a Node HTTP app from several worker processes on one shared socket, and',
  'reloads it without losing a request. check boots one worker and reports the',
  'outcome; the other commands talk to a running master. Each has its own help:',
  'tshorn reload --help. tshorn ./reload serves a file of that name.',
].join('\n');

const FOOT = [
  'A DURATION is a number of seconds, or text such as 500ms, 30s, 2m or 1h.',
  'Each option can be set in the environment too, as TSHORN_WORKERS for --workers,',
  'and in a config file, as workers. The command line wins, then the environment.',
].join('\n');

function entryOf(option: Option): string {
  const { flag, row } = option;
  const label = flag
    ? describeFlag({ flag, meta: row.kind.meta, ...(row.short && { short: row.short }) })
    : row.kind.meta;
  const fallback = describeDefault(option);
  return entry(label, fallback === undefined ? row.summary : `${row.summary} [${fallback}]`);
}

/** One entry of a help text: a flag or a word, and what it means beside it from `column` on. */
export const helpEntry = (
  label: string | { short?: string; flag: string; meta?: string },
  text: string,
  column = COLUMN,
): string => entry(typeof label === 'string' ? label : describeFlag(label), text, column);

function entry(label: string, text: string, column = COLUMN): string {
  const lines = wrap(text, WIDTH - column);
  const indented = `  ${label}`;
  const beside = indented.length + 2 <= column;
  const head = beside ? indented.padEnd(column) + lines.shift() : indented;
  return [head, ...lines.map((line) => ' '.repeat(column) + line)].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
