/** Finds out why a worker hangs: first from itself, then from the kernel. */
import { residentBytes } from '../os/proc.ts';
import type { InspectorDoor } from './door.ts';
import { type Inspection, inspect } from './inspector.ts';
import { type KernelView, kernelView } from './kernel.ts';

export interface Explanation {
  readonly inspection?: Inspection;
  /** Bytes of memory that it holds, where it has not told that itself. */
  readonly rss?: number;
  /** Why it has told nothing itself; absent where it has. */
  readonly silentBecause?: 'no-door' | 'no-answer';
  /** Where it has told nothing itself. */
  readonly kernel?: KernelView;
  /** CPU time that it used in the last second, in milliseconds per second. */
  readonly cpuMsPerSecond?: number;
}

export interface Patient {
  readonly pid: number;
  readonly door: InspectorDoor;
  /** `--disable-sigusr1`. */
  readonly doorClosed: boolean;
  knock(): void;
}

/** Resolves within so many milliseconds, and a little for the kernel. */
export async function explain(patient: Patient, withinMs: number): Promise<Explanation> {
  const { pid } = patient;
  const before = kernelView(pid);
  const since = performance.now();
  const inspection = await inspectionOf(patient, before, withinMs);
  if (inspection?.stack || inspection?.rss !== undefined) return { inspection };
  // It may have ended meanwhile.
  const kernel = kernelView(pid) ?? before;
  const rss = residentBytes(pid);
  const silentBecause = patient.doorClosed ? 'no-door' : 'no-answer';
  const seconds = (performance.now() - since) / 1_000;
  // Of a shorter time the kernel's ticks of 10 ms tell nothing.
  const measured = before && kernel && seconds > 0.2;
  return {
    silentBecause,
    ...(rss !== undefined && { rss }),
    ...(kernel && { kernel }),
    ...(measured && { cpuMsPerSecond: Math.round((kernel.cpuMs - before.cpuMs) / seconds) }),
  };
}

async function inspectionOf(
  patient: Patient,
  kernel: KernelView | undefined,
  withinMs: number,
): Promise<Inspection | undefined> {
  const stopped = kernel?.state === 'T' || kernel?.state === 't';
  if (stopped) return undefined;
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), withinMs);
  const over = new Promise<undefined>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    // Without the door the kernel is watched for a while all the same: whether it burns CPU time says a lot.
    if (patient.doorClosed) return await over;
    const address = await Promise.race([patient.door.open(() => patient.knock()), over]);
    return address === undefined ? undefined : await inspect(address, ending.signal);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
