/** Shared parts of the live pictures: what a worker does after an event of the stream, its icon, and the bar. Pure. */

const DOING: Readonly<Record<string, string>> = {
  spawned: 'booting',
  booted: 'probing',
  loading: 'booting',
  drained: 'draining',
  rescuing: 'hung',
};
const GONE: readonly string[] = ['exited', 'crashed', 'contained'];

/** Events that leave a worker as it is. */
const ASIDE: readonly string[] = [
  'recycling',
  'closed-server',
  'nearly-full',
  'hung',
  'never-came-up',
  'never-left',
];

/** Any other event is its own word. Undefined for one that changes nothing of what the worker does. */
export const doingOf = (event: string): string | undefined =>
  ASIDE.includes(event) ? undefined : (DOING[event] ?? event);

/** True where the worker is no more. */
export const isGone = (event: string): boolean => GONE.includes(event);

/** By state; whatever else a worker does is a failure. */
export const ICONS: Readonly<Record<string, string>> = {
  ready: '●',
  spawned: '○',
  booting: '○',
  probing: '◐',
  admitted: '◐',
  draining: '◌',
  parked: '◌',
};

/** Columns of the bar. */
export const BAR = 24;

/**
 * How far an operation is, as the two parts of a bar.
 * @param step the number of the step under way, from 1
 * @param of 0 while it is being prepared
 */
export function barOf(step: number, of: number): readonly [done: string, rest: string] {
  const done = of === 0 ? 0 : Math.round((BAR * (step - 1)) / of);
  return ['━'.repeat(done), '─'.repeat(BAR - done)];
}
