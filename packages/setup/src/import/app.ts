/** One app of an ecosystem file -> the draft of its config file. */
import { readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { didYouMean } from '@tshorn/config';
import { isFile } from '@tshorn/core';
import { Draft, literal } from './draft.ts';
import { divideEnvFiles } from './env-files.ts';
import { type EnvironmentRequest, mapEnvironment, mergedEnv } from './environment.ts';
import { jobOf } from './job.ts';
import { ENVIRONMENT, type Key, ROWS, SPELLINGS } from './keys.ts';
import { mapLogs } from './logs.ts';
import { findPort, mayServe } from './port.ts';
import type { Refused, Runs } from './runs.ts';
import { fileOf, resolveScript } from './script.ts';
import { type App, mapPostFork, mapSettings } from './settings.ts';
import { statusPathIn } from './status-path.ts';
import { type RawObject, textOf, wordsOf } from './values.ts';
import { mapWatch } from './watch.ts';

export interface AppRequest {
  readonly raw: RawObject;
  readonly environment: Omit<EnvironmentRequest, 'raw'>;
  /** The directory that relative paths of the file start from, as PM2 has it: where the command is typed. */
  readonly base: string;
  /** The directory of the config file. */
  readonly target: string;
  /** `tshorn reload` for this server alone. */
  readonly reload: string;
  /** The file that names this server, where there are several. */
  readonly pidFile: string | undefined;
  /** The name of its service. */
  readonly service: string;
}

/** As PM2 names it: the script without its extension, where nobody has named it. */
export function nameOf(raw: RawObject, chosen: string | undefined): string {
  const app = byKey(raw);
  const script = textOf(app.script) ?? 'app';
  const name = textOf(app.name) ?? basename(script).replace(/(.)\.[^.]*$/, '$1');
  return app.append_env_to_name === true && chosen !== undefined ? `${name}-${chosen}` : name;
}

/** Returns the values by the keys of PM2's schema, whatever their spelling in the file; the first one wins. */
export function byKey(raw: RawObject): App {
  const app: Partial<Record<Key, unknown>> = {};
  for (const [spelling, key] of SPELLINGS) {
    if (raw[spelling] !== undefined) app[key] ??= raw[spelling];
  }
  return app;
}

export function draftOf({
  raw,
  environment,
  base,
  target,
  reload,
  pidFile,
  service,
}: AppRequest): Draft | Refused {
  const app = byKey(raw);
  const script = textOf(app.script);
  if (script === undefined) return { refused: 'it has no script' };
  const cwd = resolve(base, textOf(app.cwd) ?? '.');
  const request = { ...environment, raw: { ...raw, ...(app.port !== undefined && { port: app.port }) } };
  const merged = mergedEnv(request);
  const runs = served(app, script, merged, cwd);
  if ('refused' in runs) return runs;

  const job = jobOf(app, runs, merged, cwd);
  if (job) return job;

  const draft = new Draft();
  const env = { ...merged, ...runs.variables };
  mapScript(draft, { ...runs, flags: [...runs.flags, ...wordsOf(app.node_args)] }, script);
  const directory = relative(target, cwd) || '.';
  draft.set('cwd', literal(textOf(app.cwd)?.startsWith('/') ? app.cwd : directory), cwdComment(app));
  mapBind(draft, runs, env, cwd);
  mapStatusPath(draft, runs, cwd);
  mapEnvironment(draft, request, env, service);
  mapNodeOptions(draft, app, runs, { cwd, directory });
  mapSettings(draft, app, { env, directory: cwd, reload });
  mapLogs(draft, app, cwd);
  if (pidFile !== undefined && !draft.lines.some(({ option }) => option === 'pidFile')) {
    draft.set('pidFile', literal(pidFile), 'names this server: there are several');
  }
  mapWatch(draft, app, directory);
  draft.finishNodeOptions();
  mapPostFork(draft);
  noteTheRest(draft, raw, app);
  return draft;
}

const cwdComment = (app: App) => (app.cwd === undefined ? 'the directory that pm2 is started in' : 'cwd');

/** The script `serve` is the file server of PM2, whose options are variables. */
function served(app: App, script: string, env: RawObject, cwd: string): Runs | Refused {
  const words = wordsOf(app.args);
  const interpreter = textOf(app.exec_interpreter);
  if (script !== 'serve' || words.length > 0)
    return resolveScript({ program: script, words, interpreter, cwd });
  const folder = String(env.PM2_SERVE_PATH ?? '.');
  const options = String(env.PM2_SERVE_SPA) === 'true' ? ['--single'] : [];
  const port = ['--listen', String(env.PM2_SERVE_PORT ?? env.PORT ?? 8080)];
  return resolveScript({ program: script, words: [folder, ...options, ...port], interpreter, cwd });
}

function mapScript(draft: Draft, { app, args, flags, through, notes }: Runs, script: string): void {
  const from = through === undefined || through === script ? `script: ${script}` : `script: ${through}`;
  draft.set('app', literal(app), app === script ? 'script' : from);
  if (args.length > 0) draft.set('appArgs', literal(args), 'args');
  for (const { key, kind, text } of notes) draft.note(kind, key, text);
  if (/\.[cm]?tsx?$/.test(app) && flags.length === 0) {
    draft.note(
      'differs',
      'script',
      "PM2 runs TypeScript by bun; here Node strips the types, from 22.18 on. Otherwise: nodeOptions: '--import tsx'",
    );
  }
}

function mapBind(draft: Draft, runs: Runs, env: RawObject, cwd: string): void {
  const found = findPort(runs, env, cwd);
  if (found) return draft.set('bind', literal(found.bind), found.by);
  draft.remark('bind', "':3000', the port of the app; without it: 127.0.0.1:8000");
  const file = fileOf(runs.app, cwd);
  const text = 'nothing says which port the app listens on: write it into the line "bind"';
  const none = `nothing in ${runs.app} listens: tshorn serves HTTP, and an app without a server (a queue, a bot) stays under PM2 or becomes a systemd service. If it listens elsewhere, write its port into the line "bind"`;
  const wrong = env.PORT === undefined ? '' : `env.PORT is ${JSON.stringify(env.PORT)}, which is no port; `;
  draft.note('differs', 'bind', file === undefined || mayServe(file) ? wrong + text : none);
}

/** Only of the app's own file: that of a package may hold the paths of other servers. */
function mapStatusPath(draft: Draft, runs: Runs, cwd: string): void {
  const file = fileOf(runs.app, cwd);
  if (file === undefined || file.includes('/node_modules/')) return;
  const path = statusPathIn(readFileSync(file, 'utf8'));
  if (path !== undefined)
    draft.set('statusPath', literal(path), `found in ${runs.app}: 2xx when it can serve`);
}

function mapNodeOptions(draft: Draft, app: App, runs: Runs, { cwd, directory }: Directories): void {
  const by = runs.through ?? (app.exec_interpreter === undefined ? 'script' : 'interpreter');
  const files: string[] = [];
  for (const [words, key] of [
    [runs.flags, by],
    [wordsOf(app.node_args), 'node_args'],
  ] as const) {
    const divided = divideEnvFiles(words, (file) => isFile(resolve(cwd, file)));
    draft.addNodeOptions(divided.rest, key);
    files.push(...divided.files);
    for (const file of divided.missing) {
      draft.note(
        'left-out',
        key,
        `--env-file-if-exists: there is no ${file}; envFile takes files that exist`,
      );
    }
  }
  if (files.length > 0)
    draft.set('envFile', literal(files.map((file) => join(directory, file))), '--env-file');
  const isAsked = app.source_map_support !== undefined || app.disable_source_map_support !== undefined;
  if (isAsked || !isFile(resolve(cwd, `${runs.app}.map`))) return;
  draft.addNodeOptions(['--enable-source-maps'], `as PM2 where there is ${basename(runs.app)}.map`);
}

interface Directories {
  /** Absolute path of the app's directory. */
  readonly cwd: string;
  /** The same from the directory of the config file. */
  readonly directory: string;
}

/** Keys that no mapper reads, and those that PM2 does not know. */
function noteTheRest(draft: Draft, raw: RawObject, app: App): void {
  for (const [key, value] of Object.entries(app) as [Key, unknown][]) {
    const { lost, unneeded } = ROWS[key];
    const isSet = value !== null && value !== false && value !== '';
    if (lost !== undefined && isSet) draft.note('left-out', key, lost);
    if (unneeded !== undefined) draft.note('unneeded', key, unneeded);
  }
  const unknown = Object.keys(raw).filter((key) => !SPELLINGS.has(key) && !ENVIRONMENT.test(key));
  for (const key of unknown) {
    draft.note('unknown', key, `PM2 has no such key${didYouMean(key, [...SPELLINGS.keys()])}`);
  }
}
