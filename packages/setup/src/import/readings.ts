/**
 * Members of an ecosystem file that are read from the environment, such as `TOKEN: process.env.TOKEN || 'none'`. They stay
 * readings in the config file: the value may be a secret, and may be another one tomorrow.
 */
export interface Reading {
  readonly member: string;
  /** As the file has it. */
  readonly code: string;
  /** Its value now. */
  readonly value: string | number | undefined;
}

const VARIABLE = String.raw`process\.env(?:\.(\w+)|\[(?:'(\w+)'|"(\w+)")\])`;
const DEFAULT = String.raw`\s*(?:\|\||\?\?)\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+))`;
const MEMBER = new RegExp(
  String.raw`(?:(\w+)|'([^']+)'|"([^"]+)")\s*:\s*(${VARIABLE}(?:${DEFAULT})?)\s*(?=[,}\n])`,
  'g',
);

/** @param env the environment, as it is after the file was run */
export const readingsOf = (text: string, env: NodeJS.ProcessEnv): Reading[] =>
  [...text.matchAll(MEMBER)].map(([, plain, single, double, code = '', ...rest]) => {
    const [dot, quoted, twice, ...otherwise] = rest;
    const name = dot ?? quoted ?? twice ?? '';
    const [one, two, number] = otherwise;
    const value = env[name];
    const isEmpty = value === undefined || (value === '' && code.includes('||'));
    const fallback = one ?? two ?? (number === undefined ? undefined : Number(number));
    return {
      member: plain ?? single ?? double ?? '',
      code,
      value: isEmpty ? (fallback ?? value) : value,
    };
  });

/** Names of variables that the file reads in any other way: what it makes of them is a value of today. */
export function otherReadings(text: string): string[] {
  const names = [...text.replaceAll(MEMBER, '').matchAll(new RegExp(VARIABLE, 'g'))].map(
    ([, dot, single, double]) => dot ?? single ?? double ?? '',
  );
  return [...new Set(names)];
}
