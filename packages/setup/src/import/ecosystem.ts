/** Reads a file of PM2: a script, JSON with comments, or the list that `pm2 save` has written. */
import { readFileSync, realpathSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { describeFailure } from '@tshorn/config';
import { describeThrown, importUrl, isFile, TshornError } from '@tshorn/core';
import { fromDump, isDump } from './dump.ts';
import { otherReadings, type Reading, readingsOf } from './readings.ts';
import { isObject, type RawObject } from './values.ts';

export interface Ecosystem {
  readonly apps: readonly RawObject[];
  /** `deploy`: by the name of an environment. */
  readonly deploy: RawObject;
  readonly readings: readonly Reading[];
  /** Names of variables whose values of today are in the apps. */
  readonly frozen: readonly string[];
  readonly isDump: boolean;
}

/** @throws TshornError ERR_CONFIG_FILE */
export async function readEcosystem(file: string): Promise<Ecosystem> {
  if (!isFile(file)) throw wrong(`${file}: there is no such file`);
  const exported = await readExports(file);
  const apps = appsOf(exported);
  if (apps === undefined) {
    if (isObject(exported) && Array.isArray(exported.apps) && exported.apps.length === 0) {
      throw wrong(`${file}: the list "apps" is empty; expected at least one app`);
    }
    throw wrong(
      `${file}: got ${describeThrown(exported)}; expected an object with "apps", a list of apps, or one app`,
    );
  }
  const text = readFileSync(file, 'utf8');
  const deploy = isObject(exported) && isObject(exported.deploy) ? exported.deploy : {};
  const isDumped = isDump(apps);
  return {
    apps: isDumped ? fromDump(apps, process.env) : apps,
    deploy,
    readings: readingsOf(text, process.env),
    frozen: otherReadings(text),
    isDump: isDumped,
  };
}

async function readExports(file: string): Promise<unknown> {
  switch (extname(file)) {
    case '.yml':
    case '.yaml': {
      const json = basename(file).replace(/\.ya?ml$/, '.json');
      throw new TshornError('ERR_CONFIG_FILE', `${file}: YAML is not read`, {
        fix: `make JSON of it: npx js-yaml ${basename(file)} > ${json}; and import ${json}`,
      });
    }
    case '.json':
    case '.pm2':
    case '.bak':
      return readJson(file);
    default:
      return readScript(file);
  }
}

/** As PM2 reads it, as an expression of JavaScript: with comments, and names without quotes. */
function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  try {
    return runInNewContext(`(${text}\n)`, {}, { filename: file, timeout: 1_000 });
  } catch (error) {
    const { message, stack } = error as Error;
    const line = /^[^\n]*?:(\d+)\n/.exec(stack ?? '')?.[1];
    throw wrong(`${file}${line ? `:${line}` : ''}: ${message}`);
  }
}

async function readScript(file: string): Promise<unknown> {
  if (isApp(file)) {
    throw new TshornError(
      'ERR_CONFIG_FILE',
      `${file} is an app, and no ecosystem file: nothing is imported`,
      {
        fix: `serve it: tshorn ${basename(file)}`,
      },
    );
  }
  // A file may print, as dotenv does; standard output is for the report.
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  try {
    const module: RawObject = (await importUrl(pathToFileURL(realpathSync(file)).href)) as RawObject;
    const exported = module.default ?? module;
    const unwrapped = isObject(exported) && exported.__esModule ? (exported.default ?? exported) : exported;
    return await (typeof unwrapped === 'function' ? unwrapped() : unwrapped);
  } catch (error) {
    throw describeFailure(file, error);
  } finally {
    process.stdout.write = write;
  }
}

/** A script that listens and says nothing of apps: to run it would start a server. */
function isApp(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  return /\b(listen|createServer)\s*\(/.test(text) && !/\b(apps|script|exec|pm2|static)\b/.test(text);
}

function appsOf(exported: unknown): readonly RawObject[] | undefined {
  const list = isObject(exported) ? (exported.apps ?? exported.pm2 ?? ownApps(exported)) : exported;
  const apps = [...(Array.isArray(list) ? list : [list]), ...staticSites(exported)];
  return apps.length > 0 && apps.every(isObject) ? apps : undefined;
}

/** An object that is an app itself; an object with `static` or `deploy` alone has none. */
const ownApps = (exported: RawObject): unknown =>
  exported.static !== undefined && exported.script === undefined ? [] : exported;

/** `static` of the file: a list of folders that PM2 serves itself. */
function staticSites(exported: unknown): RawObject[] {
  if (!isObject(exported) || !Array.isArray(exported.static)) return [];
  return exported.static.filter(isObject).map((site) => ({
    name: site.name ?? `static-page-server-${site.port}`,
    script: 'serve',
    env: { PM2_SERVE_PORT: site.port, PM2_SERVE_PATH: site.path, PM2_SERVE_SPA: site.spa },
  }));
}

const wrong = (message: string) => new TshornError('ERR_CONFIG_FILE', message);
