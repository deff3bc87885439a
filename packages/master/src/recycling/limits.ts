/** The limits at which one worker is recycled: drawn once, when it starts. Pure but for the given chance. */
import type { Config } from '@tshorn/config';
import { formatMemory, type MemorySize } from '@tshorn/core';

export interface Limits {
  readonly requests?: number;
  readonly ageMs?: number;
  readonly memory?: { readonly bytes: number; readonly asGiven: string };
  /** `--heap-guard`, in percent; 0 is off. */
  readonly heapGuard: number;
  /** `--max-requests 1000`, for the log. */
  readonly maxRequests: number;
}

export type LimitOptions = Pick<
  Config,
  'maxRequests' | 'maxRequestsJitter' | 'maxMemory' | 'maxAge' | 'maxAgeJitter' | 'heapGuard'
>;

/** The jitter of a limit for which none is set. */
const USUAL_JITTER = 0.1;

/**
 * @param memoryAvailable bytes of which a percentage is taken
 * @param chance from 0 to below 1, drawn for this worker
 */
export function drawLimits(
  options: LimitOptions,
  memoryAvailable: () => number,
  chance: () => number,
): Limits {
  const { maxRequests, maxMemory, maxAge, heapGuard } = options;
  const requestsJitter = options.maxRequestsJitter ?? Math.round(maxRequests * USUAL_JITTER);
  const ageJitter = options.maxAgeJitter ?? maxAge * USUAL_JITTER;
  return {
    maxRequests,
    heapGuard,
    ...(maxRequests > 0 && { requests: maxRequests + Math.floor(chance() * (requestsJitter + 1)) }),
    ...(maxAge > 0 && { ageMs: maxAge + chance() * ageJitter }),
    ...(maxMemory && { memory: bytesOf(maxMemory, memoryAvailable) }),
  };
}

function bytesOf(size: MemorySize, memoryAvailable: () => number): Limits['memory'] & object {
  if ('bytes' in size) return { bytes: size.bytes, asGiven: formatMemory(size.bytes) };
  const available = memoryAvailable();
  const bytes = (available * size.percent) / 100;
  return { bytes, asGiven: `${size.percent}% of ${formatMemory(available)}, ${formatMemory(bytes)}` };
}

export const hasLimits = ({ requests, ageMs, memory, heapGuard }: Limits): boolean =>
  requests !== undefined || ageMs !== undefined || memory !== undefined || heapGuard > 0;
