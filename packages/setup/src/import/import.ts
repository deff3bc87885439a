/** `tshorn import`: the apps of an ecosystem file of PM2 -> config files of tshorn, and what is to be known of each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { didYouMean } from '@tshorn/config';
import { isFile, systemReason, TshornError } from '@tshorn/core';
import { shellWord } from '../shell-word.ts';
import { byKey, draftOf, nameOf } from './app.ts';
import { configText } from './config-text.ts';
import type { Draft, Note } from './draft.ts';
import { type Ecosystem, readEcosystem } from './ecosystem.ts';
import type { Refused } from './runs.ts';
import { usualEcosystem } from './usual.ts';
import { isObject, type RawObject, textOf } from './values.ts';

export interface ImportRequest {
  /** The path of the file, as it was typed; undefined: the one that PM2 would look for. */
  readonly file: string | undefined;
  /** The directory that the command was typed in. */
  readonly cwd: string;
  /** `--env`: the environment whose variables come over `env`. */
  readonly environment?: string | undefined;
  /** Names of apps; empty: all. */
  readonly only?: readonly string[];
  /** Writes nothing. */
  readonly dryRun?: boolean;
}

interface FileRequest extends ImportRequest {
  readonly file: string;
}

export interface ImportedApp {
  readonly name: string;
  /** The config file, relative to the directory of the command. */
  readonly file: string;
  /** Its name as a part of a file name. */
  readonly slug: string;
  readonly text: string;
  readonly start: string;
  readonly reload: string;
  readonly notes: readonly Note[];
}

/** No config file was written, and why. */
export interface RefusedApp {
  readonly name: string;
  readonly refused: string;
  /** A line to type instead. */
  readonly line?: string;
  /** There is a file of that name; it was not changed. */
  readonly exists?: true;
}

export interface ImportReport {
  /** `incomplete`: a config file was there already, or no app could be imported. */
  readonly outcome: 'imported' | 'incomplete';
  readonly apps: readonly (ImportedApp | RefusedApp)[];
  /** Notes about the file. */
  readonly notes: readonly Note[];
}

/** @throws TshornError for a file that cannot be read, and for a name that is no app's */
export async function importEcosystem(request: ImportRequest): Promise<ImportReport> {
  const file = resolve(request.cwd, request.file ?? findEcosystem(request.cwd));
  return importApps(await readEcosystem(file), { ...request, file });
}

/** @param request with the absolute path of the file */
function importApps(ecosystem: Ecosystem, request: FileRequest): ImportReport {
  const { cwd, environment, only = [], dryRun = false, file } = request;
  const named = withNames(ecosystem.apps, environment);
  const unknown = only.find((name) => !named.some((app) => app.name === name));
  if (unknown !== undefined) throw noSuchApp(unknown, named, relative(cwd, file));
  const chosen = named.filter(({ name }) => only.length === 0 || only.includes(name));
  const isImported = (app: Named) => !('refused' in placed(app, ecosystem, request, false).draft);
  const areSeveral = named.filter(isImported).length > 1;
  const drafts = chosen.map((app) => ({ ...app, ...placed(app, ecosystem, request, areSeveral) }));
  noteSharedAddresses(drafts);
  const apps = drafts.map(({ name, slug, stem, draft, target, reload }) => {
    const fileName = `tshorn.${stem}.config.mjs`;
    if ('refused' in draft) return { name, ...draft };
    const path = relative(cwd, join(target, fileName));
    const start = `npx tshorn --config ${shellWord(path)}`;
    const head = { name, from: relative(target, file), environment, start, reload };
    const text = configText(head, draft);
    const app = { name, slug, file: path, text, start, reload, notes: draft.notes };
    if (dryRun || write(join(target, fileName), app.text)) return app;
    const refused = `${path} is there already, and stays as it is: move it away, or compare by --dry-run`;
    return { name, refused, exists: true } as const;
  });
  const isWhole = apps.some((app) => 'text' in app) && !apps.some((app) => 'exists' in app);
  return {
    outcome: isWhole ? 'imported' : 'incomplete',
    apps,
    notes: notesOf(ecosystem, relative(cwd, file)),
  };
}

/** False where there is another file, or any other thing, of that name. */
function write(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    // An earlier import has written it, and nobody has changed it.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return isFile(path) && readFileSync(path, 'utf8') === text;
    throw new TshornError('ERR_CONFIG_FILE', `${path} cannot be written: ${systemReason(error)}`);
  }
}

function findEcosystem(cwd: string): string {
  const found = usualEcosystem(cwd);
  if (found !== undefined) return found;
  throw new TshornError('ERR_OPTION', `there is no ecosystem.config.js in ${cwd}`, {
    fix: 'name the file: tshorn import FILE; where there is none, "pm2 save" writes ~/.pm2/dump.pm2',
  });
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
  readonly slug: string;
  /** The middle of the name of its files: the slug, and the environment. */
  readonly stem: string;
  readonly reload: string;
}

function placed(
  { name, raw }: Named,
  { deploy, readings, isDump }: Ecosystem,
  { file, cwd, environment }: FileRequest,
  isOneOfSeveral: boolean,
): Placed {
  const slug = slugOf(name) || 'app';
  const isNamed = environment === undefined || slug.endsWith(`-${environment}`);
  const stem = isNamed ? slug : `${slug}.${slugOf(environment)}`;
  const target = isDump ? cwd : dirname(file);
  const app = byKey(raw);
  const pidFile = textOf(app.pid_file) ?? (isOneOfSeveral ? `tshorn.${stem}.pid` : undefined);
  const from = (base: string) => {
    const directory = resolve(base, textOf(app.cwd) ?? '.');
    const reload = (at: string) =>
      pidFile === undefined
        ? 'npx tshorn reload'
        : `npx tshorn reload --pid-file ${shellWord(relative(at, resolve(directory, pidFile)))}`;
    const request = {
      raw,
      environment: { chosen: environment, deploy, readings },
      base,
      target,
      pidFile,
      service: slug,
    };
    return {
      draft: draftOf({ ...request, reload: reload(directory) }),
      target,
      slug,
      stem,
      reload: reload(cwd),
    };
  };
  // As in PM2 paths start where the command is typed; where that is wrong, at the file.
  const isThere = (base: string) => isFile(resolve(base, textOf(app.cwd) ?? '.', String(app.script)));
  const [here, there] = [from(cwd), from(target)];
  const isBetter = isThere(target) ? !isThere(cwd) : 'refused' in here.draft;
  return isBetter && !('refused' in there.draft) ? there : here;
}

const slugOf = (name: string): string => name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');

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

function notesOf({ deploy, frozen }: Ecosystem, file: string): Note[] {
  const notes: Note[] = [];
  const names = Object.keys(deploy).filter((name) => isObject(deploy[name]));
  if (names.length > 0) {
    const text = `"pm2 deploy" (${names.join(', ')}) has no counterpart: a script fetches the release, and ends with tshorn reload (docs/coming-from-pm2.md, "Deploy")`;
    notes.push({ kind: 'left-out', key: `deploy of ${file}`, text });
  }
  if (frozen.length > 0) {
    const text = `it reads ${frozen.join(', ')}: what it makes of that now is in the config files`;
    notes.push({ kind: 'differs', key: `process.env in ${file}`, text });
  }
  return notes;
}

function noSuchApp(name: string, named: readonly Named[], file: string): TshornError {
  const names = named.map((app) => app.name);
  const fix = `its apps are ${names.join(', ')}`;
  return new TshornError('ERR_OPTION', `--only ${name}: ${file} has no such app${didYouMean(name, names)}`, {
    fix,
  });
}
