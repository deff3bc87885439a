const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Timers of Node fire at once when they are set for longer than this (2^31-1 ms, about 24.8 days). */
export const LONGEST_MS = 2_147_483_647;

export const DURATION_PATTERN = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h)?$/;

/** Milliseconds from a number of seconds or from `500ms`, `30s`, `2m`, `1h`; undefined for all else. */
export function parseDuration(input: unknown): number | undefined {
  if (typeof input === 'number') return withinTimers(input * 1000);
  if (typeof input !== 'string') return undefined;
  const match = DURATION_PATTERN.exec(input.trim());
  if (!match) return undefined;
  return withinTimers(Number(match[1]) * UNITS[(match[2] ?? 's') as keyof typeof UNITS]);
}

const withinTimers = (ms: number) => (ms >= 0 && ms <= LONGEST_MS ? Math.round(ms) : undefined);

/** As a person would write it, and exactly: `90s`, `2m`, `500ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms % UNITS.h === 0) return `${ms / UNITS.h}h`;
  if (ms % UNITS.m === 0) return `${ms / UNITS.m}m`;
  return ms % UNITS.s === 0 ? `${ms / UNITS.s}s` : `${ms}ms`;
}
