/** The last events, as the log has them. Pure. */
import { wrapWords } from '@tshorn/core';
import type { Colour } from '../../style.ts';
import { timeOf } from './head.ts';
import { type Line, span } from './line.ts';
import type { Told } from './picture.ts';

const COLOURS: Readonly<Record<string, Colour>> = { warn: 'yellow', error: 'red', fatal: 'red' };

/** Below these a stack would push out the line that it belongs to, and what came before. */
const ROOM_FOR_STACKS = 10;

/** Lines of an error where there is little room: it says at its end where the code is stuck. */
const MOST_ERROR_LINES = 2;
const INDENT = ' '.repeat(10);

/** The newest that have room, the newest at the end. Half of the room is for errors: a reload must not push them out. */
export function eventLines(
  told: readonly Told[],
  { most, width }: { readonly most: number; readonly width: number },
  none: string,
): Line[] {
  const newest = told
    .filter(({ level }) => level !== 'debug')
    .map((one) => ({ isError: isError(one), lines: linesOf(one, most, width) }))
    .reverse();
  if (newest.length === 0) return [[span(none, 'dim')]];
  const shown = new Map<readonly Line[], readonly Line[]>();
  let room = Math.max(0, most);
  const show = (lines: readonly Line[], part = lines): void => {
    shown.set(lines, part);
    room -= part.length;
  };
  const least = room - Math.floor(room / 2);
  for (const { isError: isKept, lines } of newest) {
    if (!isKept) continue;
    if (room - lines.length < least) break;
    show(lines);
  }
  for (const { lines } of newest) {
    if (shown.has(lines)) continue;
    // A stack may be longer than all the room.
    show(lines, lines.slice(0, room));
    if (room === 0) break;
  }
  return newest
    .flatMap(({ lines }) => [shown.get(lines) ?? []])
    .reverse()
    .flat();
}

const isError = ({ level }: Told): boolean => COLOURS[level] === 'red';

/** The text of a hang has a stack below its first line; the last words of a worker follow its end. */
function linesOf(one: Told, most: number, width: number): Line[] {
  const { time, level, msg, lastLines } = one;
  const [first = '', ...more] = msg.split('\n');
  const [head = '', ...rest] =
    isError(one) && width > INDENT.length ? wrapWords(first, width - INDENT.length) : [first];
  const colour = COLOURS[level];
  const lines: Line[] = [
    [span(`${timeOf(time)}  `, 'dim'), span(head, colour)],
    ...rest.map((text): Line => [span(INDENT), span(text, colour)]),
  ];
  if (most < ROOM_FOR_STACKS) return lines.slice(0, MOST_ERROR_LINES);
  const words = Array.isArray(lastLines) ? lastLines.map((line) => `  | ${line}`) : [];
  return [...lines, ...[...more, ...words].map((line): Line => [span(INDENT), span(line, 'dim')])];
}
