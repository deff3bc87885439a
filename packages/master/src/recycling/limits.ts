/** What one worker may reach before it is recycled: drawn once, at its birth. Pure but for the given chance. */
import type { Config } from '@tshorn/config';
import { formatMemory, type MemorySize } from '@tshorn/core';

export interface Limits {
  readonly requests?: number;
  readonly ageMs?: number;
  readonly memory?: { readonly bytes: number; readonly asGiven: string };
  /** `--max-requests 1000`: what the log names. */
  readonly maxRequests: number;
}

export type LimitOptions = Pick<
  Config,
  'maxRequests' | 'maxRequestsJitter' | 'maxMemory' | 'maxAge' | 'maxAgeJitter'
>;

/** Of a limit that has no jitter of its own. */
const USUAL_JITTER = 0.1;

/**
 * @param memoryThere bytes that a percentage is one of
 * @param chance from 0 to below 1, drawn for this worker
 */
export function drawLimits(options: LimitOptions, memoryThere: () => number, chance: () => number): Limits {
  const { maxRequests, maxMemory, maxAge } = options;
  const requestsJitter = options.maxRequestsJitter ?? Math.round(maxRequests * USUAL_JITTER);
  const ageJitter = options.maxAgeJitter ?? maxAge * USUAL_JITTER;
  return {
    maxRequests,
    ...(maxRequests > 0 && { requests: maxRequests + Math.floor(chance() * (requestsJitter + 1)) }),
    ...(maxAge > 0 && { ageMs: maxAge + chance() * ageJitter }),
    ...(maxMemory && { memory: bytesOf(maxMemory, memoryThere) }),
  };
}

function bytesOf(size: MemorySize, memoryThere: () => number): Limits['memory'] & object {
  if ('bytes' in size) return { bytes: size.bytes, asGiven: formatMemory(size.bytes) };
  const there = memoryThere();
  const bytes = (there * size.percent) / 100;
  return { bytes, asGiven: `${size.percent}% of ${formatMemory(there)}, ${formatMemory(bytes)}` };
}

export const hasLimits = ({ requests, ageMs, memory }: Limits): boolean =>
  requests !== undefined || ageMs !== undefined || memory !== undefined;
