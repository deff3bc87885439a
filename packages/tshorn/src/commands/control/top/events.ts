/** The last events, as the log has them. Pure. */
import type { Colour } from '../../style.ts';
import { timeOf } from './head.ts';
import { type Line, span } from './line.ts';
import type { Told } from './picture.ts';

const COLOURS: Readonly<Record<string, Colour>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** Below these a stack would push out the line that it belongs to, and what came before. */
const ROOM_FOR_STACKS = 10;

/** The newest `most` lines, the newest at the end. */
export function eventLines(told: readonly Told[], most: number, none: string): Line[] {
  const lines = told
    .filter(({ level }) => level !== 'debug')
    .flatMap((one) => (most < ROOM_FOR_STACKS ? linesOf(one).slice(0, 1) : linesOf(one)));
  return lines.length === 0 ? [[span(none, 'dim')]] : lines.slice(-Math.max(0, most));
}

/** The text of a hang has a stack below its first line; the last words of a worker follow its end. */
function linesOf({ time, level, msg, lastLines }: Told): Line[] {
  const [first = '', ...more] = msg.split('\n');
  const colour = COLOURS[level];
  const words = Array.isArray(lastLines) ? lastLines.map((line) => `  | ${line}`) : [];
  return [
    [span(`${timeOf(time)}  `, 'dim'), span(first, colour)],
    ...[...more, ...words].map((line): Line => [span(' '.repeat(10)), span(line, 'dim')]),
  ];
}
