/** The help of `tshorn top`. */
import { type Line, span } from './line.ts';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['← →', 'sort by another column; r reverses the order'],
  ['↑ ↓  0-9', 'choose a worker: shows more of it, and its events; esc ends that'],
  ['space', 'pause, and go on'],
  ['ctrl-L', 'draw again'],
  ['q  ctrl-C', 'quit; ctrl-Z suspends'],
];

const WORDS: readonly (readonly [word: string, what: string])[] = [
  ['P50 P99', 'half, and 99 of 100, of the last ten seconds took no longer'],
  ['ERR/S', 'answers of 5xx per second'],
  ['LOOP', 'the part of the time in which the event loop was not idle'],
  ['CPU', 'in cores: 1.00 is one core'],
  ['BUSY', 'requests in flight'],
  ['memory', 'resident: of all workers, and of the master'],
  ['queue', 'waiting in the kernel; host refused: by any full queue of the machine'],
];

export const helpLines = (): Line[] =>
  [...KEYS, undefined, ...WORDS].map((entry): Line => {
    if (!entry) return [];
    const [word, what] = entry;
    return [span(`  ${word.padEnd(11)}`, 'bold'), span(what)];
  });
