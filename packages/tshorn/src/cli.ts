/** `tshorn APP`: reads the command line, and then answers it or becomes the master. entry.ts runs it. */
import { parseCommand, renderConfig, resolveConfig } from '@tshorn/config';
import {
  describeRefusal,
  EXIT,
  keepCompiled,
  type Program,
  renderError,
  resolveApp,
  stackOf,
  TshornError,
  wrapError,
} from '@tshorn/core';
import {
  checkCertificates,
  checkLogPlaces,
  type Logger,
  openLog,
  ownCommand,
  readEnvFiles,
  stderrOutlet,
  takeOldMaster,
} from '@tshorn/master';
import { meant, refuseStrayWord } from './commands/first-word.ts';
import { isCommand } from './commands/names.ts';
import { ignoreLateSignals, leaveOnFirstSignals } from './first-signals.ts';
import {
  dropForeignListeners,
  leavePreloads,
  mayNeedPreloads,
  restoreNodeOptions,
  variablesOfMaster,
} from './preloads.ts';
import { keepHeapSmall } from './small-heap.ts';
import { launch } from './start.ts';
import { checkPlatform, workingDirectory } from './surroundings.ts';

declare const TSHORN_VERSION: string;

// Taken at once: no process that is started from here may see the variable.
const oldMaster = takeOldMaster(process.env);
const isClean = restoreNodeOptions(process.env);

async function main(
  argv: string[],
  keepCode: () => void,
  tellRefusal: (logger: Logger) => void,
): Promise<number> {
  checkPlatform();
  const [word] = argv;
  // A server does not load the code of the commands.
  if (word === '--get-yargs-completions') {
    return (await import('./commands/completion/answer.ts')).answer(argv.slice(1), workingDirectory());
  }
  if (isCommand(word)) {
    leavePipeQuietly();
    return (await import('./commands/run.ts')).runCommand(word, argv.slice(1));
  }
  const foreign = dropForeignListeners();
  const serverListens = leaveOnFirstSignals();
  refuseStrayWord(argv, workingDirectory);
  const command = await parseCommand(argv);
  if (command.kind !== 'serve') leavePipeQuietly();
  switch (command.kind) {
    case 'help':
      return (await import('./commands/run.ts')).printHelp();
    case 'version':
      process.stdout.write(
        `${command.json ? (await import('./version.ts')).versionJson() : TSHORN_VERSION}\n`,
      );
      return EXIT.ok;
  }
  const request = { argv, env: process.env, cwd: workingDirectory() };
  const resolved = await resolveConfig(request);
  switch (command.kind) {
    case 'check-config': {
      resolveApp(resolved.config.app, resolved.config.cwd);
      readEnvFiles(resolved.config.envFile);
      checkLogPlaces(resolved.config);
      const warnings = [...resolved.warnings, ...(await checkCertificates(resolved.config))];
      for (const warning of warnings) process.stderr.write(`tshorn: warning: ${warning}\n`);
      process.stdout.write('the configuration is valid (the app was not loaded: tshorn check loads it)\n');
      return EXIT.ok;
    }
    case 'print-config':
      process.stdout.write(`${renderConfig(resolved)}\n`);
      return EXIT.ok;
  }
  const preloads = { configFile: resolved.file, foreign, isClean };
  const warning = leavePreloads(process.env, preloads);
  const log = openLog(resolved.config);
  if (warning !== undefined) log.logger.warn({ event: 'preloaded' }, warning);
  tellRefusal(log.logger);
  // The port stays open when a promise or a timer of a hook fails behind the hook's back. The master's own state is
  // sound after that: every event is handled in a guard.
  const logStray = (error: unknown) =>
    log.logger.error(
      { event: 'stray-error' },
      `uncaught exception in the master (possibly from a hook): ${stackOf(error)}`,
    );
  process.on('uncaughtException', logStray).on('unhandledRejection', logStray);
  const launched = launch({
    resolved,
    resolveAgain: () => resolveConfig({ ...request, running: resolved.config }),
    log,
    signals: true,
    command: {
      ...ownCommand(request.cwd),
      ...(!mayNeedPreloads(preloads) && { variables: variablesOfMaster(process.env) }),
    },
    oldMaster,
  });
  serverListens();
  const server = await launched;
  ignoreLateSignals();
  let isFollowed = false;
  server.on('notice', (notice) => {
    if (notice.event === 'started') {
      if (resolved.config.compileCache) keepCode();
      setTimeout(() => void keepHeapSmall(), 2 * KEEP_AFTER_MS).unref();
    }
    isFollowed ||= notice.event === 're-exec-finished' && notice.outcome === 'committed';
  });
  const exitCode = await server.finished;
  await stderrOutlet.giveUp(isFollowed);
  return exitCode;
}

/** `tshorn --help | head -1` closes the pipe, which is no error. */
const leavePipeQuietly = () => void process.stdout.on('error', () => process.exit(EXIT.ok));

/** The CPUs have other work until the last worker is up. */
const KEEP_AFTER_MS = 500;

/**
 * Writes the compiled code for the next start, where there is none.
 * @param file where it goes; undefined where it is there, or cannot be
 */
function keepCodeLater(program: Program, file: () => string | undefined): void {
  if (program.isCached) return;
  setTimeout(() => {
    const target = file();
    try {
      if (target !== undefined) keepCompiled(program, target);
    } catch {
      // A full disk: the next start compiles again.
    }
  }, KEEP_AFTER_MS).unref();
}

/** Now the log is open; the worker's code has logged what is wrong with the directory. */
function logRefusal({ refused }: Program, logger: Pick<Logger, 'debug' | 'warn'>): void {
  if (!refused) return;
  logger[refused.isUnsafe ? 'warn' : 'debug']({ event: 'no-compile-cache' }, describeRefusal(refused));
}

/** @param codeFile where the compiled code of the program goes; undefined where it is there, or cannot be */
export function run(program: Program, codeFile: () => string | undefined): Promise<void> {
  const keepCode = () => keepCodeLater(program, codeFile);
  const tellRefusal = (logger: Logger) => logRefusal(program, logger);
  return main(process.argv.slice(2), keepCode, tellRefusal).then(
    (code) => process.exit(code),
    async (failure) => {
      const error = await meant(failure, process.argv.slice(2), workingDirectory);
      const { isTTY, columns } = process.stderr;
      const text = `tshorn: ${renderError(error)}`;
      process.stderr.write(`${isTTY ? wrapError(text, Math.max(40, columns)) : text}\n`);
      await oldMaster?.failed(renderError(error));
      process.exit(error instanceof TshornError ? error.exitCode : EXIT.failure);
    },
  );
}
