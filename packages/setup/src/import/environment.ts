/** `env`, `env_NAME` and the variables of a command line -> `env` of the config file. */

import { didYouMean } from '@tshorn/config';
import { type Code, type Draft, literal, memberName } from './draft.ts';
import { ENVIRONMENT } from './keys.ts';
import type { Reading } from './readings.ts';
import { isObject, type RawObject } from './values.ts';

export interface EnvironmentRequest {
  /** The app as the file has it. */
  readonly raw: RawObject;
  /** `--env`. */
  readonly chosen: string | undefined;
  /** `deploy` of the file. */
  readonly deploy: RawObject;
  readonly readings: readonly Reading[];
}

/** Returns the variables as PM2 merges them: those of `deploy`, then `env`, `port`, and `env_NAME`. */
export function mergedEnv({ raw, chosen, deploy }: EnvironmentRequest): RawObject {
  const target = chosen === undefined ? undefined : deploy[chosen];
  return {
    ...(isObject(target) && isObject(target.env) && target.env),
    ...(isObject(raw.env) && raw.env),
    ...(raw.port !== undefined && { PORT: raw.port }),
    ...(chosen !== undefined && isObject(raw[`env_${chosen}`]) && (raw[`env_${chosen}`] as RawObject)),
  };
}

export function mapEnvironment(
  draft: Draft,
  { raw, chosen, readings }: EnvironmentRequest,
  env: RawObject,
  service: string,
): void {
  const keys = ['env', ...Object.keys(raw).filter((key) => ENVIRONMENT.test(key))];
  for (const key of keys.filter((key) => raw[key] !== undefined && !isObject(raw[key]))) {
    draft.note(
      'left-out',
      key,
      'PM2 takes an object of variables here; a file of them is envFile in the config file',
    );
  }
  const others = keys.flatMap((key) => (isObject(raw[key]) ? (ENVIRONMENT.exec(key)?.[1] ?? []) : []));
  if (chosen !== undefined && others.length > 0 && !others.includes(chosen)) {
    draft.note(
      'differs',
      `env_${chosen}`,
      `the app has no such key${didYouMean(chosen, others)}; env alone is written`,
    );
  }
  for (const name of others) {
    if (name === chosen) continue;
    const text = `another environment: import with --env ${name} writes it`;
    draft.note(chosen === undefined ? 'left-out' : 'unneeded', `env_${name}`, text);
  }
  const members = Object.entries(env).flatMap(([name, value]) => memberOf(name, value, readings));
  if (members.length === 0) return;
  noteNeeded(draft, members, service);
  const comment = chosen !== undefined && others.includes(chosen) ? `env, and env_${chosen} over it` : 'env';
  draft.set('env', `{\n${members.map((member) => `  ${member},\n`).join('')}}`, comment);
}

/** Variables that the file takes from the shell, where a service has none. */
function noteNeeded(draft: Draft, members: readonly Code[], service: string): void {
  const names = members.flatMap((member) => /: process\.env\.(\w+)$/.exec(member)?.[1] ?? []);
  if (names.length === 0) return;
  const all = [...new Set(names)].join(', ');
  const text = `read from the environment of the start: ${all}. A service takes it from /etc/${service}.env, as NAME=value lines`;
  draft.note('differs', 'env', text);
}

function memberOf(name: string, value: unknown, readings: readonly Reading[]): Code[] {
  const reading = readings.find((candidate) => candidate.member === name && candidate.value === value);
  if (reading) return [`${memberName(name)}: ${reading.code}`];
  if (value === null || value === undefined || typeof value === 'function' || typeof value === 'symbol') {
    return [];
  }
  const plain = typeof value === 'object' ? JSON.stringify(value) : value;
  return [`${memberName(name)}: ${literal(typeof plain === 'bigint' ? String(plain) : plain)}`];
}
