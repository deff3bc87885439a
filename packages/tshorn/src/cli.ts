#!/usr/bin/env node
/** `tshorn APP`: reads the command line, and either answers it or becomes the master. */
import { parseCommand, renderConfig, resolveConfig } from '@tshorn/config';
import { EXIT, renderError, resolveApp, stackOf, TshornError } from '@tshorn/core';
import { openLog, ownCommand, readEnvFiles, takePredecessor } from '@tshorn/master';
import { isCommand } from './commands/names.ts';
import { leaveOnFirstSignals } from './first-signals.ts';
import { launch } from './start.ts';
import { checkPlatform, workingDirectory } from './surroundings.ts';

declare const TSHORN_VERSION: string;

// At once: whatever is started from here must not see the variable.
const predecessor = takePredecessor(process.env);

async function main(argv: string[]): Promise<number> {
  checkPlatform();
  const [word] = argv;
  // A server does not load what speaks to one.
  if (isCommand(word)) return (await import('./commands/run.ts')).runCommand(word, argv.slice(1));
  const serverListens = leaveOnFirstSignals();
  const command = await parseCommand(argv);
  switch (command.kind) {
    case 'help':
      process.stdout.write(`${command.text}\n`);
      return EXIT.ok;
    case 'version':
      process.stdout.write(`${TSHORN_VERSION}\n`);
      return EXIT.ok;
  }
  const request = { argv, env: process.env, cwd: workingDirectory() };
  const resolved = await resolveConfig(request);
  switch (command.kind) {
    case 'check-config':
      resolveApp(resolved.config.app, resolved.config.cwd);
      readEnvFiles(resolved.config.envFile);
      process.stdout.write('the configuration is valid\n');
      return EXIT.ok;
    case 'print-config':
      process.stdout.write(`${renderConfig(resolved)}\n`);
      return EXIT.ok;
  }
  const log = openLog(resolved.config);
  // A promise or a timer that a hook has let go of must not take the port down with it.
  const tellStray = (error: unknown) =>
    log.logger.error(
      { event: 'stray-error' },
      `an error that nothing caught, in a hook perhaps: ${stackOf(error)}`,
    );
  process.on('uncaughtException', tellStray).on('unhandledRejection', tellStray);
  const launched = launch({
    resolved,
    resolveAgain: () => resolveConfig(request),
    log,
    signals: true,
    command: ownCommand(request.cwd),
    predecessor,
  });
  serverListens();
  return (await launched).finished;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  async (error) => {
    process.stderr.write(`tshorn: ${renderError(error)}\n`);
    await predecessor?.failed(renderError(error));
    process.exit(error instanceof TshornError ? error.exitCode : EXIT.failure);
  },
);
