import type { MemorySize } from '@tshorn/core';
import { type Kind, WrongValue } from './kinds.ts';

const KB = 1024;
const UNITS = { b: 1, k: KB, m: KB ** 2, g: KB ** 3, t: KB ** 4 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)\s*(?:(%)|(B|[KMGT](?:i?B)?))$/i;

/** An amount of memory with its unit, since a bare number could mean bytes as well as megabytes. */
export const memory: Kind<MemorySize> = {
  meta: 'SIZE|N%',
  input: 'string',
  expected: 'an amount of memory such as 512MB or 1.5GB, or a percentage from 1% to 100%',
  parse(input) {
    const [, number, percent, unit] = PATTERN.exec(typeof input === 'string' ? input.trim() : '') ?? [];
    const value = Number(number);
    if (percent && value > 0 && value <= 100) return { percent: value };
    const bytes = unit && Math.round(value * UNITS[unit.charAt(0).toLowerCase() as keyof typeof UNITS]);
    if (!bytes || !Number.isSafeInteger(bytes)) throw new WrongValue();
    return { bytes };
  },
  format(value) {
    if ('percent' in value) return `${value.percent}%`;
    const [unit, size] = (['T', 'G', 'M', 'K'] as const)
      .map((letter) => [letter, UNITS[letter.toLowerCase() as keyof typeof UNITS]] as const)
      .find(([, of]) => value.bytes % of === 0) ?? ['', 1];
    return `${value.bytes / size}${unit}B`;
  },
  schema: { type: 'string', pattern: '^[0-9.]+ *(%|[bB]|[kKmMgGtT]([iI]?[bB])?)$' },
};
