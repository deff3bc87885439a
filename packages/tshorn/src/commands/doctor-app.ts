/** `tshorn doctor`: resolves the options, boots the app, and prints what the checks have found. */
import { fileURLToPath } from 'node:url';
import { controlDirectories, type Resolved, resolveConfig, serviceSockets } from '@tshorn/config';
import { formatAddress, resolveApp, TshornError } from '@tshorn/core';
import {
  type AppFacts,
  diagnose,
  exitCodeOf,
  gather,
  type Level,
  type MasterAnswer,
  type PaintLevel,
  Printed,
  realSystem,
  reportJson,
  reportText,
} from '@tshorn/doctor';
import { cachePlaceOf, checkApp, examineCertificates, type Logger, readEnvFiles } from '@tshorn/master';
import { workingDirectory } from '../surroundings.ts';
import { ask } from './control/client.ts';
import { listenForEnd } from './end-signals.ts';
import { type Colour, paintFor, print } from './style.ts';

declare const TSHORN_VERSION: string;

const COLUMNS = 80;

export interface DoctorOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * @returns exit code: 0 nothing to mend, 1 errors or warnings, or that of the signal that has ended the command
 * @throws TshornError ERR_OPTION for a wrong command line
 */
export async function doctorApp({ json, verbose }: DoctorOptions, words: readonly string[]): Promise<number> {
  const cwd = workingDirectory();
  const { resolved, hasApp, configError } = await readOptions(words, cwd);
  const config = resolved?.config;
  const end = listenForEnd('the doctor');
  const cli = fileURLToPath(new URL('./cli.js', import.meta.url));
  const facts = await gather({
    system: realSystem(),
    cwd,
    server: resolved && { ...resolved, hasApp },
    configError,
    variables: config ? variablesOf(config) : {},
    program: { path: cli, version: TSHORN_VERSION },
    control: {
      directories: controlDirectories(process.env),
      services: serviceSockets(),
      ask: async (socket) => (await ask(socket, '/status')) as MasterAnswer,
    },
    certificates: config && hasApp ? await examineCertificates(config) : undefined,
    cache: cachePlaceOf(process.env, config?.user !== undefined || config?.group !== undefined),
    boot: resolved && hasApp ? () => boot(resolved, end.signal) : undefined,
    appFile: config && hasApp ? appFileOf(config) : undefined,
  });
  const ended = end.exitCode();
  if (ended !== undefined) return ended;
  const diagnosis = diagnose(facts);
  const about = aboutLine(resolved, hasApp);
  print(
    json
      ? reportJson(diagnosis)
      : reportText(diagnosis, { width: COLUMNS, verbose, about, paint: paintLevel() }),
  );
  return exitCodeOf(diagnosis);
}

function aboutLine(resolved: Resolved | undefined, hasApp: boolean): string {
  const machine = `tshorn ${TSHORN_VERSION}, Node ${process.versions.node} on ${process.platform} ${process.arch}`;
  if (!resolved || !hasApp) return `${machine}; no app`;
  const { app, workers, bind } = resolved.config;
  const count = `${workers} worker${workers === 1 ? '' : 's'}`;
  return `${machine}; ${app}, ${count}, ${bind.map(formatAddress).join(', ')}`;
}

interface Options {
  readonly resolved: Resolved | undefined;
  readonly hasApp: boolean;
  readonly configError: TshornError | undefined;
}

/** Without an app the other options count all the same. What stands in a file or a variable is a finding. */
async function readOptions(argv: readonly string[], cwd: string): Promise<Options> {
  const request = { argv, env: process.env, cwd };
  try {
    return { resolved: await resolveConfig(request), hasApp: true, configError: undefined };
  } catch (error) {
    if (!(error instanceof TshornError)) throw error;
    if (isOfCommandLine(error)) throw error;
    if (error.message.startsWith('there is no app')) {
      const resolved = await resolveConfig({ ...request, overrides: { app: '.' } });
      return { resolved, hasApp: false, configError: undefined };
    }
    return { resolved: undefined, hasApp: false, configError: error };
  }
}

/** The place comes first in the message of a wrong option. */
const isOfCommandLine = ({ code, message }: TshornError): boolean =>
  code === 'ERR_OPTION' && /^(--|"|APP:)/.test(message);

function variablesOf({ envFile }: Resolved['config']): Readonly<Record<string, string>> {
  try {
    return readEnvFiles(envFile);
  } catch {
    // The boot reports it.
    return {};
  }
}

function appFileOf({ app, cwd }: Resolved['config']): string | undefined {
  try {
    return resolveApp(app, cwd).file;
  } catch {
    return undefined;
  }
}

/** Boots one worker. What it prints is not passed on: the report is what was asked for. */
async function boot(resolved: Resolved, signal: AbortSignal): Promise<AppFacts> {
  const printed = new Printed();
  const sink = {
    full: false,
    add: (data: Buffer) => printed.add(data),
    onRoom: (act: () => void) => act(),
  };
  const warnings: string[] = [];
  const options = {
    // Nothing is written, and the directory of the cache is looked at without it.
    resolved: { ...resolved, config: { ...resolved.config, compileCache: false } },
    workerFile: fileURLToPath(new URL('./worker.js', import.meta.url)),
    env: process.env,
    log: collecting(warnings),
    signal,
    sink,
    examine: true,
  };
  try {
    const report = await checkApp(options);
    return { report, warnings, printedBytes: printed.bytes, lastLines: printed.lastLines };
  } catch (error) {
    if (!(error instanceof TshornError)) throw error;
    return { failure: error, warnings, printedBytes: printed.bytes, lastLines: printed.lastLines };
  }
}

function collecting(lines: string[]): Logger {
  const keep = (...line: [object, string] | [string]) => void lines.push(line.at(-1) as string);
  const drop = () => {};
  return {
    debug: drop,
    info: drop,
    warn: keep,
    error: keep,
    fatal: keep,
    level: 'warn',
  } as unknown as Logger;
}

const COLOURS: Readonly<Record<Level | 'ok', Colour>> = {
  error: 'red',
  warning: 'yellow',
  note: 'cyan',
  ok: 'green',
};

function paintLevel(): PaintLevel {
  const paint = paintFor(process.stdout, process.env);
  return (level, text) => paint(level === 'dim' || level === 'bold' ? level : COLOURS[level], text);
}
