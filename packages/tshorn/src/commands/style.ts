/** How the commands write to standard output: colours and measures for people, plain text for programs. */

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

export type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold' | 'inverse';

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  inverse: [7, 27],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export type Paint = (colour: Colour, text: string) => string;

export const plain: Paint = (_colour, text) => text;
const ansi: Paint = (colour, text) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`;

/** Returns colours for a terminal, unless NO_COLOR is set (https://no-color.org). */
export const paintFor = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint =>
  stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? ansi : plain;

export const colourOfOutcome = (outcome: string): Colour =>
  outcome === 'committed' ? 'green' : outcome === 'aborted' ? 'yellow' : 'red';

export const colourOfState = (state: string): Colour => {
  if (state === 'ready' || state === 'running') return 'green';
  return ['broken', 'crashed', 'hung', 'failing', 'killed', 'no answer'].includes(state) ? 'red' : 'yellow';
};

/** Formats a duration by its two largest units: `45s`, `12m 5s`, `3h 12m`, `5d 4h`. */
export function formatAge(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
