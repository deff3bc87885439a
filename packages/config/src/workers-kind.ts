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

const MEANT = /^(\d*|auto)\s*(\.{2,}|…|[-:,]|to)\s*(\d*|auto)$/i;

/** The error for a text that `parseRange` does not take, and that is no number of workers: it names the mistake, if it shows. */
export function wrongCount(text: string): WrongValue {
  if (/^auto$/i.test(text)) return new WrongValue('the word auto is in lower case', 'write auto');
  const above = `${MOST_WORKERS} workers are the most`;
  if (/^\d+$/.test(text) && Number(text) > MOST_WORKERS) return new WrongValue(above);
  const [, first = '', dots = '', last = ''] = MEANT.exec(text.trim()) ?? [];
  const isAuto = [/^auto$/i.test(first), /^auto$/i.test(last)];
  const [min, max] = [Number(first || Number.NaN), Number(last || Number.NaN)];
  if (min > MOST_WORKERS || max > MOST_WORKERS) return new WrongValue(above);
  const isRange = dots.startsWith('..') || (first !== '' && last !== '');
  if (isRange && (min === 0 || max === 0)) {
    return new WrongValue(
      'a server has at least one worker',
      `write ${upTo(isAuto.includes(true), min, max)}`,
    );
  }
  if (isAuto[0] && last !== '') {
    return new WrongValue('auto is the end of a range, not its beginning', `write ${upTo(isAuto[1], max)}`);
  }
  if (dots.startsWith('..') && first === '' && last !== '') {
    return new WrongValue('the range has no first number', `write ${upTo(isAuto[1], max)}`);
  }
  if (dots.startsWith('..') && last === '' && min > 0) {
    const fix = `write ${min}..auto for up to one per CPU, or a second number`;
    return new WrongValue('the range has no end', fix);
  }
  if (min > max) {
    return new WrongValue('the first number is larger than the second', `write ${max}..${min}`);
  }
  if (dots === '..' && isAuto[1] && last !== 'auto') {
    return new WrongValue('the word auto is in lower case', `write ${min}..auto`);
  }
  // A number with a sign has no first one.
  if (first === '' || last === '') return new WrongValue();
  return new WrongValue('a range is written with two dots', `write ${min}..${isAuto[1] ? 'auto' : max}`);
}

/** The range that was most likely meant by numbers of which one is 0 or missing, as it is to be written. */
function upTo(isAuto: boolean | undefined, ...numbers: readonly number[]): string {
  const most = Math.max(1, ...numbers.filter((number) => number > 0));
  if (isAuto) return '1..auto';
  return most === 1 ? '1' : `1..${most}`;
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
      throw wrongCount(text);
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
