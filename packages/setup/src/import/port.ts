/** The port that an app asks for, where the ecosystem file or the app says it: `--bind` has to name it. */
import { readFileSync } from 'node:fs';
import type { Runs } from './runs.ts';
import { fileOf } from './script.ts';

export interface Found {
  readonly bind: string;
  /** Where it stood. */
  readonly by: string;
}

/** The ports that commands of packages use, unless they are told another one. */
const DEFAULTS: Readonly<Record<string, number>> = {
  next: 3000,
  nuxt: 3000,
  'react-router-serve': 3000,
  'remix-serve': 3000,
  fastify: 3000,
  serve: 3000,
  strapi: 1337,
  'http-server': 8080,
  astro: 4321,
  vite: 4173,
  verdaccio: 4873,
  'node-red': 1880,
};

const LOCAL = /^(localhost|127(\.\d+){3}|::1)$/;
const ADDRESS = /^\d+(\.\d+){3}$/;

type Values = Readonly<Record<string, unknown>>;

/** Undefined where nothing says it. */
export function findPort(runs: Runs, env: Values, cwd: string): Found | undefined {
  return (
    byArguments(runs.args) ?? byVariable('PORT', env) ?? byCommand(runs.app) ?? bySource(runs.app, env, cwd)
  );
}

function byVariable(name: string, env: Values): Found | undefined {
  const value = env[name];
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim();
  if (text.startsWith('/')) return { bind: `unix:${text}`, by: `env.${name}` };
  if (!isPort(text)) return undefined;
  const host = [env.HOST, env.HOSTNAME, env.BIND_ADDRESS]
    .map(String)
    .find((one) => LOCAL.test(one) || ADDRESS.test(one));
  if (host === undefined) return { bind: `:${text}`, by: `env.${name}` };
  return { bind: `${host === '::1' ? '[::1]' : host}:${text}`, by: `env.HOST and env.${name}` };
}

const isPort = (text: string) => /^\d+$/.test(text) && Number(text) > 0 && Number(text) < 65_536;

function byArguments(args: readonly string[]): Found | undefined {
  const words = args.flatMap((word) =>
    /^--?[\w-]+=/.test(word) ? word.split(/=(.*)/s).slice(0, 2) : [word],
  );
  const at = words.findIndex((word) => /^(-p|--port|-l|--listen|-P)$/.test(word));
  const value = words[at + 1]?.replace(/^tcp:\/\/[^:]*:/, '');
  return at !== -1 && value !== undefined && isPort(value)
    ? { bind: `:${value}`, by: `args: ${words[at]}` }
    : undefined;
}

function byCommand(app: string): Found | undefined {
  const port = DEFAULTS[app];
  return port === undefined ? undefined : { bind: `:${port}`, by: `the default of ${app}` };
}

/** False for a script that loads nothing else of its own, exports nothing and does not listen: a queue, a bot. */
export const mayServe = (file: string): boolean =>
  /listen|serve|exports|\bexport\b|["'`]\.{1,2}\//i.test(readFileSync(file, 'utf8'));

/** By the text of the app's own file: `listen(3000`, `process.env.APP_PORT || 3000`. Two different answers are none. */
function bySource(app: string, env: Values, cwd: string): Found | undefined {
  const file = fileOf(app, cwd);
  if (file === undefined) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const found = lines.flatMap((line, at): Found[] => {
    const by = `line ${at + 1} of ${app}`;
    const [, name, otherwise] =
      /process\.env\.(\w*PORT)\b(?:\s*(?:\|\||\?\?)\s*["'`]?(\d{2,5}))?/.exec(line) ?? [];
    const variable = name === undefined ? undefined : byVariable(name, env);
    if (variable) return [{ ...variable, by: `env.${name}, ${by}` }];
    const port =
      otherwise ??
      /\blisten\(\s*(\d{2,5})\b/.exec(line)?.[1] ??
      /\bport\b\s*[:=]\s*(\d{2,5})\b/i.exec(line)?.[1];
    return port !== undefined && isPort(port) ? [{ bind: `:${port}`, by }] : [];
  });
  const [first] = found;
  return first !== undefined && found.every(({ bind }) => bind === first.bind) ? first : undefined;
}
