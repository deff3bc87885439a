/** The value of `--workers` and of `tshorn scale`: a number, a range, or `auto`. */
import { formatWorkers, MOST_WORKERS, type WorkerCount, type WorkerRange } from '@tshorn/core';
import { usableCpus } from './cpus.ts';
import { type Kind, WrongValue } from './kinds.ts';

const RANGE = /^(\d{1,4})\.\.(?:(\d{1,4})|(auto))$/;

/** The least of `auto`: one worker that hangs or crashes must not leave the port to nobody. */
const AUTO_LEAST = 2;

/** Two workers at the least, one for each usable CPU at the most; both are 1 where there is one CPU. */
export const autoRange = (cpus = usableCpus()): WorkerRange => ({
  min: Math.min(AUTO_LEAST, cpus),
  max: cpus,
  auto: true,
});

/** Reads `MIN..MAX`, `MIN..auto` and `auto`. Undefined for any other text, and for a range that is none. */
export function parseRange(text: string, cpus?: number): WorkerCount | undefined {
  if (text === 'auto') return autoRange(cpus);
  const [, least, most, auto] = RANGE.exec(text) ?? [];
  const min = Number(least);
  if (!(min >= 1 && min <= MOST_WORKERS)) return undefined;
  if (auto) return { min, max: Math.max(min, cpus ?? usableCpus()), auto: true };
  const max = Number(most);
  if (max < min || max > MOST_WORKERS) return undefined;
  return min === max ? min : { min, max };
}

export const workerCount: Kind<WorkerCount> = {
  meta: 'N|MIN..MAX|auto',
  input: `number | 'auto' | \`\${number}..\${number | 'auto'}\``,
  expected: `a whole number from 1 to ${MOST_WORKERS}, a range of them such as 2..8, or auto`,
  parse(input) {
    const text = typeof input === 'number' ? String(input) : typeof input === 'string' ? input.trim() : '';
    const number = /^\d+$/.test(text) ? Number(text) : undefined;
    const value = number === undefined ? parseRange(text) : number;
    if (value === undefined || value === 0 || (typeof value === 'number' && value > MOST_WORKERS)) {
      throw new WrongValue();
    }
    return value;
  },
  format: formatWorkers,
  schema: {
    oneOf: [
      { type: 'integer', minimum: 1, maximum: MOST_WORKERS },
      { type: 'string', pattern: '^(auto|[0-9]+|[0-9]+[.][.]([0-9]+|auto))$' },
    ],
  },
};
