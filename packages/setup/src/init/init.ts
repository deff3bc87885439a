/** `tshorn init`: a config file for the project in a directory. */
import { basename } from 'node:path';
import { configFileNames, OPTIONS } from '@tshorn/config';
import { isFile, renderError, resolveApp, TshornError } from '@tshorn/core';
import { usualEcosystem } from '../import/usual.ts';
import { type Made, writeFiles } from '../write-files.ts';
import { configFile } from './config-file.ts';
import { detect, type Project, withExport } from './detect.ts';

export interface InitRequest {
  readonly cwd: string;
  /** The app, where it is named. */
  readonly app?: string | undefined;
  /** This Node runs TypeScript. */
  readonly stripsTypes: boolean;
  /** Asks a person; resolves with the answer, which may be empty. Absent: nothing is asked. */
  readonly ask?: ((question: string, fallback: string) => Promise<string>) | undefined;
  /** Prints a line before a question. */
  say(line: string): void;
}

/**
 * Writes `tshorn.config.mjs`, or `.ts` where that is usual in the project, and returns what to type next.
 * @throws TshornError ERR_OPTION where there is a config file; ERR_APP_MISSING where no app is found
 */
export async function initProject(
  request: InitRequest,
): Promise<Made & { readonly paths: readonly string[] }> {
  const { cwd, say } = request;
  const existing = configFileNames(cwd).find((file) => isFile(file));
  if (existing !== undefined) {
    throw new TshornError('ERR_OPTION', `${existing} exists and is not overwritten`, {
      fix: `edit it, or move it away: mv ${basename(existing)} ${basename(existing)}.old`,
    });
  }
  const project = detect(cwd, request.stripsTypes);
  for (const line of project.found) say(`found: ${line}`);
  const app = await chooseApp(request, project);
  const bind = await chooseAddress(request, project);
  const statusPath = await chooseStatusPath(request, project);
  const isDetected = app === project.app;
  const text = configFile({
    ...project,
    ...(!isDetected && { args: [], flags: [], variables: {} }),
    app,
    bind,
    statusPath,
  });
  const files = [{ name: `tshorn.config.${project.isTypeScript ? 'ts' : 'mjs'}`, text }];
  const paths = writeFiles(files, cwd, cwd);
  return {
    files,
    paths,
    warnings: [...warningsOf(app, cwd), ...warningsOfPm2(cwd)],
    next: nextLines(project),
  };
}

const DEFAULT_BIND = '127.0.0.1:8000';

async function chooseApp(
  { app: named, ask, cwd, say }: InitRequest,
  { app: found }: Project,
): Promise<string> {
  if (named !== undefined) {
    resolveApp(named, cwd);
    return withExport(named, cwd);
  }
  if (ask === undefined) {
    if (found !== undefined) return found;
    throw new TshornError('ERR_APP_MISSING', `no app is found in ${cwd}`, {
      fix: 'name it: tshorn init APP',
    });
  }
  for (;;) {
    const answer = (await ask('The file or command that starts the app', found ?? '')) || found;
    if (answer === undefined) continue;
    if (answer === found) return answer;
    try {
      resolveApp(answer, cwd);
      return withExport(answer, cwd);
    } catch (error) {
      say(renderError(error));
    }
  }
}

/** Undefined: the default, which follows PORT by itself. */
async function chooseAddress({ ask, say }: InitRequest, { port }: Project): Promise<string | undefined> {
  const fallback = port === undefined ? DEFAULT_BIND : `127.0.0.1:${port}`;
  for (;;) {
    const answer = (await ask?.('The address to listen on; :8000 is every address', fallback)) || fallback;
    try {
      OPTIONS.bind.kind.parse(answer);
      return answer === DEFAULT_BIND ? undefined : answer;
    } catch (error) {
      say(renderError(error));
    }
  }
}

async function chooseStatusPath(
  { ask, say }: InitRequest,
  { statusPath = '' }: Project,
): Promise<string | undefined> {
  for (;;) {
    const answer = ask
      ? (await ask('The path that says whether the app can serve; - for none', statusPath || '-')) ||
        statusPath
      : statusPath;
    if (answer === '' || answer === '-') return undefined;
    try {
      OPTIONS.statusPath.kind.parse(answer);
      return answer;
    } catch {
      say(`expected ${OPTIONS.statusPath.kind.expected}`);
    }
  }
}

/** A build may make the app later. */
function warningsOf(app: string, cwd: string): string[] {
  try {
    resolveApp(app, cwd);
    return [];
  } catch {
    return [`there is no ${app} yet: build before the start`];
  }
}

/** An ecosystem file says more than the source of the app. */
function warningsOfPm2(cwd: string): string[] {
  const file = usualEcosystem(cwd);
  return file === undefined
    ? []
    : [`${file} of PM2 is not read here: npx tshorn import makes config files of it`];
}

function nextLines({ hasTshorn }: Project): string[] {
  const steps: [string, string][] = [
    ...(hasTshorn ? [] : [['npm install tshorn', 'make it a dependency'] as [string, string]]),
    ['npx tshorn --watch', 'develop: a save is a reload'],
    ['npx tshorn check', 'does it start? for CI'],
    ['npx tshorn', 'serve it'],
    ['npx tshorn unit', 'print a systemd service; --container: a Dockerfile'],
  ];
  const width = Math.max(...steps.map(([line]) => line.length)) + 2;
  return steps.map(([line, what]) => `  ${line.padEnd(width)}${what}`);
}
