/** `tshorn import`: the apps of an ecosystem file of PM2 -> config files of tshorn, and what is to be known of each. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { didYouMean } from '@tshorn/config';
import { isFile, TshornError } from '@tshorn/core';
import { byKey, draftOf, nameOf } from './app.ts';
import { configText } from './config-text.ts';
import type { Draft, Note } from './draft.ts';
import { type Ecosystem, readEcosystem } from './ecosystem.ts';
import type { Refused } from './runs.ts';
import { isObject, type RawObject, textOf } from './values.ts';

export interface ImportRequest {
  /** The path of the file, as it was typed. */
  readonly file: string;
  /** The directory that the command was typed in. */
  readonly cwd: string;
  /** `--env`: the environment whose variables come over `env`. */
  readonly environment?: string | undefined;
  /** Names of apps; empty: all. */
  readonly only?: readonly string[];
  /** Writes nothing. */
  readonly dryRun?: boolean;
}

export interface ImportedApp {
  readonly name: string;
  /** The config file, relative to the directory of the command. */
  readonly file: string;
  readonly text: string;
  readonly start: string;
  readonly reload: string;
  readonly notes: readonly Note[];
}

/** No config file was written, and why. */
export interface RefusedApp {
  readonly name: string;
  readonly refused: string;
}

export interface ImportReport {
  readonly apps: readonly (ImportedApp | RefusedApp)[];
  /** What concerns no single app. */
  readonly notes: readonly Note[];
}

/** @throws TshornError for a file that cannot be read, and for a name that is no app's */
export async function importEcosystem(request: ImportRequest): Promise<ImportReport> {
  return importApps(await readEcosystem(resolve(request.cwd, request.file)), request);
}

export function importApps(ecosystem: Ecosystem, request: ImportRequest): ImportReport {
  const { cwd, environment, only = [], dryRun = false } = request;
  const file = resolve(cwd, request.file);
  const named = withNames(ecosystem.apps, environment);
  const unknown = only.find((name) => !named.some((app) => app.name === name));
  if (unknown !== undefined)
    throw noSuchApp(
      unknown,
      named.map(({ name }) => name),
      request.file,
    );
  const chosen = only.length === 0 ? named : named.filter(({ name }) => only.includes(name));
  const drafts = chosen.map((app) => ({
    ...app,
    ...placed(app, ecosystem, { ...request, file }, named.length > 1),
  }));
  noteSharedAddresses(drafts);
  const apps = drafts.map(({ name, draft, target, fileName, reload }) => {
    if ('refused' in draft) return { name, refused: draft.refused };
    const path = relative(cwd, join(target, fileName));
    const start = `tshorn --config ${path}`;
    const head = { name, from: relative(target, file) || request.file, environment, start, reload };
    const app = { name, file: path, text: configText(head, draft), start, reload, notes: draft.notes };
    const isThere = existsSync(join(target, fileName));
    if (isThere && !dryRun) {
      return {
        name,
        refused: `${path} is there already, and stays as it is: move it away, or compare by --dry-run`,
      };
    }
    if (!dryRun) writeFileSync(join(target, fileName), app.text, { flag: 'wx' });
    return app;
  });
  return { apps, notes: notesOf(ecosystem, request.file) };
}

interface Named {
  readonly name: string;
  readonly raw: RawObject;
}

/** Two apps of one name would be one file. */
function withNames(apps: readonly RawObject[], environment: string | undefined): Named[] {
  const seen = new Map<string, number>();
  return apps.map((raw) => {
    const name = nameOf(raw, environment);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { raw, name: count === 1 ? name : `${name}-${count}` };
  });
}

interface Placed {
  readonly draft: Draft | Refused;
  /** The directory of the config file. */
  readonly target: string;
  readonly fileName: string;
  readonly reload: string;
}

function placed(
  { name, raw }: Named,
  { deploy, read, isDump }: Ecosystem,
  { file, cwd, environment }: ImportRequest,
  isOneOfSeveral: boolean,
): Placed {
  const slug = name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'app';
  const target = isDump ? cwd : dirname(file);
  const base = baseOf(raw, cwd, target);
  const app = byKey(raw);
  const pidFile = textOf(app.pid_file) ?? (isOneOfSeveral ? `tshorn.${slug}.pid` : undefined);
  const directory = resolve(base, textOf(app.cwd) ?? '.');
  const reload = (from: string) =>
    pidFile === undefined
      ? 'tshorn reload'
      : `tshorn reload --pid-file ${relative(from, resolve(directory, pidFile))}`;
  const draft = draftOf({
    raw,
    environment: { chosen: environment, deploy, read },
    base,
    target,
    reload: reload(directory),
    pidFile,
  });
  return { draft, target, fileName: `tshorn.${slug}.config.mjs`, reload: reload(cwd) };
}

/** As in PM2 paths start where the command is typed; where that is wrong, at the file. */
function baseOf(raw: RawObject, cwd: string, target: string): string {
  const { script, cwd: own } = byKey(raw);
  const isThere = (base: string) => isFile(resolve(base, textOf(own) ?? '.', String(script)));
  return !isThere(cwd) && isThere(target) ? target : cwd;
}

/** Two servers cannot have one port, and under PM2 they did not, either. */
function noteSharedAddresses(
  drafts: readonly { readonly name: string; readonly draft: Draft | Refused }[],
): void {
  const users = new Map<string, string>();
  for (const { name, draft } of drafts) {
    if ('refused' in draft) continue;
    const bind = draft.lines.find(({ option }) => option === 'bind')?.code;
    if (bind === undefined) continue;
    const other = users.get(bind);
    if (other === undefined) users.set(bind, name);
    else draft.note('differs', 'bind', `${other} has the same address: correct one of the two`);
  }
}

function notesOf({ deploy }: Ecosystem, file: string): Note[] {
  const names = Object.keys(deploy).filter((name) => isObject(deploy[name]));
  if (names.length === 0) return [];
  const text = `"pm2 deploy" (${names.join(', ')}) has no counterpart: a script fetches the release, and ends with tshorn reload (docs/coming-from-pm2.md, "Deploy")`;
  return [{ kind: 'left-out', key: `deploy of ${file}`, text }];
}

function noSuchApp(name: string, names: readonly string[], file: string): TshornError {
  const fix = `its apps are ${names.join(', ')}`;
  return new TshornError('ERR_OPTION', `--only ${name}: ${file} has no such app${didYouMean(name, names)}`, {
    fix,
  });
}
