/** `env`, `env_NAME` and the variables of a command line -> `env` of the config file. */

import { didYouMean } from '@tshorn/config';
import { type Code, type Draft, literal, memberName } from './draft.ts';
import { ENVIRONMENT } from './keys.ts';
import { isObject, type RawObject } from './values.ts';

export interface EnvironmentRequest {
  /** The app as the file has it. */
  readonly raw: RawObject;
  /** `--env`. */
  readonly chosen: string | undefined;
  /** `deploy` of the file. */
  readonly deploy: RawObject;
  /** Names of `process.env.NAME` in the file. */
  readonly read: ReadonlySet<string>;
}

/** Returns the variables as PM2 merges them: those of `deploy`, then `env`, then `env_NAME`. */
export function mergedEnv({ raw, chosen, deploy }: EnvironmentRequest): RawObject {
  const target = chosen === undefined ? undefined : deploy[chosen];
  return {
    ...(isObject(target) && isObject(target.env) && target.env),
    ...(raw.port !== undefined && { PORT: raw.port }),
    ...(isObject(raw.env) && raw.env),
    ...(chosen !== undefined && isObject(raw[`env_${chosen}`]) && (raw[`env_${chosen}`] as RawObject)),
  };
}

export function mapEnvironment(
  draft: Draft,
  { raw, chosen, read }: EnvironmentRequest,
  env: RawObject,
): void {
  const others = Object.keys(raw).flatMap((key) => ENVIRONMENT.exec(key)?.[1] ?? []);
  if (typeof raw.env === 'string')
    draft.note('left-out', 'env', 'it is a text; expected an object of variables');
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
  const members = Object.entries(env).flatMap(([name, value]) => memberOf(name, value, read));
  if (members.length === 0) return;
  const comment = chosen !== undefined && others.includes(chosen) ? `env, and env_${chosen} over it` : 'env';
  draft.set('env', `{\n${members.map((member) => `  ${member},\n`).join('')}}`, comment);
}

/** A value that the file has read from the environment stays a reading: it may be a secret, and may change. */
function memberOf(name: string, value: unknown, read: ReadonlySet<string>): Code[] {
  if (typeof value === 'function' || typeof value === 'symbol') return [];
  const source = sourceOf(name, value, read);
  if (source !== undefined) return [`${memberName(name)}: process.env.${source}`];
  if (value === null || value === undefined) return [];
  const plain = typeof value === 'object' ? JSON.stringify(value) : value;
  return [`${memberName(name)}: ${typeof plain === 'bigint' ? `'${plain}'` : literal(plain)}`];
}

function sourceOf(name: string, value: unknown, read: ReadonlySet<string>): string | undefined {
  if (value === undefined) return read.has(name) ? name : undefined;
  const isSame = (variable: string) => process.env[variable] === value && value !== '';
  if (read.has(name) && isSame(name)) return name;
  return [...read].find(isSame);
}
