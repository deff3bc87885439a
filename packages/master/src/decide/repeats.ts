/** Which notices repeat what a crash loop has reported already: those go to the debug log. Pure. */
import type { SlotRecord, WorkerRecord } from './model.ts';
import type { WorkerEvent } from './notice.ts';

/** Service of this length ends a series of failures of a slot. */
export const STABLE_MS = 10_000;

const REPEATED: readonly WorkerEvent[] = [
  'spawned',
  'loading',
  'booted',
  'probing',
  'ready',
  'broken',
  'crashed',
  'rescuing',
  'exited',
];

/** @param at monotonic milliseconds */
export function isRepeat(worker: WorkerRecord, slot: SlotRecord, event: WorkerEvent, at: number): boolean {
  if (!worker.repeat || !REPEATED.includes(event)) return false;
  // An attempt that comes into service is news, unless the attempts before it did so too and crashed all the same.
  if (event === 'ready') return slot.servedLast === true;
  if (worker.state === 'draining' || worker.state === 'parked') return false;
  return worker.readyAt === undefined || at - worker.readyAt < STABLE_MS;
}
