import { wrapWords } from '@tshorn/core';

/** The width of a terminal. */
const WIDTH = 80;

/**
 * Breaks comment lines that are wider than a terminal; a longer word has a line of its own. Other lines stay as they are.
 * @param mark begins a comment
 */
export const wrapComments = (text: string, mark: '#' | '//'): string =>
  text
    .split('\n')
    .flatMap((line) => wrap(line, mark))
    .join('\n');

function wrap(line: string, mark: string): string[] {
  const [indent] = /^ */.exec(line) as RegExpExecArray;
  const start = `${indent}${mark} `;
  if (line.length <= WIDTH || !line.startsWith(start)) return [line];
  const words = line.slice(start.length);
  return wrapWords(words, WIDTH - start.length).map((part) => start + part);
}
