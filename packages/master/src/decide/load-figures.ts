/** The figures of a decision, in words. */

export const asPercent = (share: number): string => `${Math.round(share * 100)}%`;

interface Figures {
  readonly load: number;
  readonly ready: number;
  readonly queued: number;
  /** Absent for those of now. */
  readonly overMs?: number;
}

export function figuresOf({ load, ready, queued, overMs }: Figures): string {
  const when = overMs === undefined ? 'now' : `over ${overMs / 1_000}s`;
  const waiting = queued > 0 ? `, ${queued} connection${queued === 1 ? '' : 's'} wait in the kernel` : '';
  const workers = `${ready} worker${ready === 1 ? '' : 's'}`;
  return `event loops ${asPercent(load / ready)} busy ${when} (load ${load.toFixed(2)} of ${workers})${waiting}`;
}
