/** The table of all options, and how each is named on the command line and in the environment. */
import type { Row, Section, ValueOf } from './row.ts';
import { accessLog } from './sections/access-log.ts';
import { admin } from './sections/admin.ts';
import { application } from './sections/application.ts';
import { boot } from './sections/boot.ts';
import { canary } from './sections/canary.ts';
import { control } from './sections/control.ts';
import { drain } from './sections/drain.ts';
import { hangs } from './sections/hangs.ts';
import { hooks } from './sections/hooks.ts';
import { http } from './sections/http.ts';
import { inspect } from './sections/inspect.ts';
import { listening } from './sections/listening.ts';
import { logging } from './sections/logging.ts';
import { metrics } from './sections/metrics.ts';
import { overload } from './sections/overload.ts';
import { privileges } from './sections/privileges.ts';
import { recycling } from './sections/recycling.ts';
import { reload } from './sections/reload.ts';
import { tls } from './sections/tls.ts';
import { warmStart } from './sections/warm-start.ts';
import { watch } from './sections/watch.ts';
import { workers } from './sections/workers.ts';

const ROWS = {
  ...application.rows,
  ...listening.rows,
  ...tls.rows,
  ...workers.rows,
  ...privileges.rows,
  ...boot.rows,
  ...reload.rows,
  ...warmStart.rows,
  ...drain.rows,
  ...recycling.rows,
  ...hangs.rows,
  ...overload.rows,
  ...canary.rows,
  ...http.rows,
  ...logging.rows,
  ...accessLog.rows,
  ...metrics.rows,
  ...admin.rows,
  ...control.rows,
  ...watch.rows,
  ...inspect.rows,
  ...hooks.rows,
};

/**
 * A resolved configuration, as the server runs with it: nothing is missing, durations are milliseconds, paths are
 * absolute. `app` is as written. Its type is that of the rows.
 */
export type Config = { readonly [K in keyof typeof ROWS]: ValueOf<(typeof ROWS)[K]> };

export type Key = keyof Config;

export const OPTIONS: { readonly [K in Key]: Row<Config[K]> } = ROWS;

export const KEYS = Object.keys(OPTIONS) as readonly Key[];

type WorkerKey = {
  [K in Key]: (typeof ROWS)[K] extends { readonly worker: true } ? K : never;
}[Key];

/** The options that a worker acts on: those whose rows are marked `worker`. */
export type WorkerOptions = Pick<Config, WorkerKey>;

const WORKER_KEYS = KEYS.filter((key) => OPTIONS[key].worker);

/** The values for a boot order, and the names of those that somebody gave. */
export const workerOptions = (
  config: Config,
  given: ReadonlySet<Key>,
): { readonly options: WorkerOptions; readonly given: readonly WorkerKey[] } => ({
  options: Object.fromEntries(WORKER_KEYS.map((key) => [key, config[key]])) as WorkerOptions,
  given: WORKER_KEYS.filter((key) => given.has(key)) as WorkerKey[],
});

export interface Option<K extends Key = Key> {
  readonly key: K;
  readonly row: Row<Config[K]>;
  /** `workers`; undefined when it cannot be given on the command line as a flag. */
  readonly flag: string | undefined;
  /** The variables that are read; the first that is set wins. */
  readonly env: readonly string[];
}

const kebab = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function optionOf<K extends Key>(key: K): Option<K> {
  const row = OPTIONS[key];
  const also = row.alsoEnv ?? [];
  const env = also === 'none' ? [] : [`TSHORN_${kebab(key).toUpperCase().replaceAll('-', '_')}`, ...also];
  return { key, row, flag: 'flag' in row ? row.flag : kebab(key), env };
}

/** Every row as one type, whose values are `unknown`. */
export const EVERY_OPTION: readonly Option[] = KEYS.map((key) => optionOf(key) as unknown as Option);

const titled = ({ title, rows }: Section) => ({
  title,
  options: Object.keys(rows).map((key) => optionOf(key as Key) as unknown as Option),
});

/** In the order of the help text. */
export const SECTIONS = [
  application,
  listening,
  tls,
  workers,
  privileges,
  boot,
  warmStart,
  reload,
  canary,
  drain,
  recycling,
  hangs,
  overload,
  http,
  logging,
  accessLog,
  metrics,
  admin,
  control,
  watch,
  inspect,
  hooks,
].map(titled);

/** Flags of the command line that have no place in a configuration. */
export const COMMAND_FLAGS = [
  {
    flag: 'config',
    short: 'c',
    meta: 'FILE',
    summary: 'The config file; else tshorn.config.{js,mjs,cjs,ts,json}',
  },
  { flag: 'check-config', summary: 'Check the configuration and exit' },
  { flag: 'print-config', summary: 'Print the configuration, with where each value came from, and exit' },
  { flag: 'help', short: 'h', summary: 'Print this text and exit' },
  { flag: 'version', short: 'v', summary: 'Print the version and exit; with --json also what is bundled' },
] as const satisfies readonly { flag: string; short?: string; meta?: string; summary: string }[];
