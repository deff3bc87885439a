/** Finds out how a project is served: its start script, its framework, and what its source says. Runs nothing of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFile, readPackage, resolveApp } from '@tshorn/core';
import { divideEnvFiles } from '../import/env-files.ts';
import { resolveScript } from '../import/script.ts';
import { statusPathIn } from '../import/status-path.ts';
import { namedExport } from './named-export.ts';

export interface Project {
  /** As it is typed; undefined where nothing looks like an app. */
  readonly app: string | undefined;
  readonly args: readonly string[];
  /** Options of Node. */
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The port that the app asks for where PORT is not set. */
  readonly port: number | undefined;
  /** A path of the app that looks like a health check. */
  readonly statusPath: string | undefined;
  /** A sentence for people about the app that was found. */
  readonly found: readonly string[];
  /** The config file can be TypeScript. */
  readonly isTypeScript: boolean;
  /** tshorn is a dependency. */
  readonly hasTshorn: boolean;
  /** Files of variables that the start script has Node read. */
  readonly envFiles: readonly string[];
}

interface Framework {
  readonly name: string;
  /** Where it has no start script: the app that its build makes. */
  readonly app?: string;
  readonly args?: readonly string[];
}

const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  next: { name: 'Next.js', app: 'next', args: ['start'] },
  nuxt: { name: 'Nuxt', app: '.output/server/index.mjs' },
  nitropack: { name: 'Nitro', app: '.output/server/index.mjs' },
  '@sveltejs/kit': { name: 'SvelteKit', app: 'build' },
  astro: { name: 'Astro', app: 'dist/server/entry.mjs' },
  '@react-router/serve': {
    name: 'React Router',
    app: '@react-router/serve',
    args: ['build/server/index.js'],
  },
  '@strapi/strapi': { name: 'Strapi', app: 'strapi', args: ['start'] },
  '@nestjs/core': { name: 'NestJS', app: 'dist/main.js' },
  fastify: { name: 'Fastify' },
  koa: { name: 'Koa' },
  hono: { name: 'Hono' },
  '@hapi/hapi': { name: 'hapi' },
  restify: { name: 'restify' },
  express: { name: 'Express' },
};

const USUAL = ['server', 'app', 'index', 'main'].flatMap((name) => [name, `src/${name}`, `dist/${name}`]);

/** @param stripsTypes this Node runs TypeScript */
export function detect(cwd: string, stripsTypes: boolean): Project {
  const found = readPackage(cwd) as (Record<string, unknown> & ReturnType<typeof readPackage>) | undefined;
  const dependencies = { ...(found?.devDependencies as object), ...(found?.dependencies as object) };
  const installed = Object.keys(FRAMEWORKS).filter((name) => name in dependencies);
  const built = installed.map((name) => FRAMEWORKS[name]).find((each) => each?.app !== undefined);
  const served = fromScript(found, cwd) ?? fromFramework(built) ?? fromFiles(cwd);
  const flags = divideEnvFiles(served?.flags ?? [], (file) => isFile(join(cwd, file)));
  const source = served === undefined ? '' : sourceOf(served.app, cwd);
  const framework = built ?? frameworkOf(source, installed);
  return {
    app: served && withExport(served.app, cwd),
    args: served?.args ?? [],
    variables: served?.variables ?? {},
    port: portIn(source),
    statusPath: statusPathIn(source),
    found: [...(framework ? [framework.name] : []), ...(served?.why ?? [])],
    isTypeScript: stripsTypes && found?.type === 'module' && isFile(join(cwd, 'tsconfig.json')),
    hasTshorn: 'tshorn' in dependencies,
    flags: flags.rest,
    envFiles: flags.files,
  };
}

/** One of several is the one that the app imports. */
function frameworkOf(source: string, installed: readonly string[]): Framework | undefined {
  const [first, ...others] = installed;
  const imported = installed.find((name) =>
    ["'", '"', '`'].some((quote) => source.includes(quote + name + quote)),
  );
  const name = others.length === 0 ? first : imported;
  return name === undefined ? undefined : FRAMEWORKS[name];
}

/** `app.js` as `app.js:app`, where only that export of it can be served. */
export function withExport(app: string, cwd: string): string {
  const name = namedExport(sourceOf(app, cwd));
  return name === undefined || app.endsWith(`:${name}`) ? app : `${app}:${name}`;
}

interface Served {
  readonly app: string;
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly why?: readonly string[];
}

/** `npm start`: what starts the app today. */
function fromScript(found: { readonly scripts?: unknown } | undefined, cwd: string): Served | undefined {
  const start = (found?.scripts as Record<string, unknown> | undefined)?.start;
  if (typeof start !== 'string') return undefined;
  const runs = resolveScript({ program: 'npm', words: ['start'], interpreter: undefined, cwd });
  if ('refused' in runs) return undefined;
  const notes = runs.notes.map(({ text }) => text);
  return { ...runs, why: [`npm start runs "${start}"`, ...notes] };
}

const fromFramework = (framework: Framework | undefined): Served | undefined =>
  framework?.app === undefined ? undefined : { app: framework.app, args: framework.args ?? [] };

function fromFiles(cwd: string): Served | undefined {
  const { main } = readPackage(cwd) ?? {};
  const names = [...(typeof main === 'string' ? [main] : []), ...USUAL];
  const app = names.map((name) => fileOf(name, cwd)).find((name) => name !== undefined);
  return app === undefined ? undefined : { app };
}

/** With its extension, as a person would type it. */
function fileOf(name: string, cwd: string): string | undefined {
  const file = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'].map((end) => name + end);
  return file.find((each) => isFile(join(cwd, each)));
}

function sourceOf(app: string, cwd: string): string {
  try {
    const { file } = resolveApp(app, cwd);
    return file.includes('/node_modules/') ? '' : readFileSync(file, 'utf8').slice(0, 200_000);
  } catch {
    return '';
  }
}

/** `listen(3000)`, `process.env.PORT || 3000`, `PORT ?? '3000'`. */
function portIn(source: string): number | undefined {
  const [, byVariable, byListen] =
    /PORT\)?\s*(?:\|\||\?\?)\s*['"]?(\d{2,5})|\.listen\(\s*\{?\s*(?:port:\s*)?(\d{2,5})/.exec(source) ?? [];
  const port = Number(byVariable ?? byListen);
  return port > 0 && port < 65_536 ? port : undefined;
}
