/** Where the master's log goes and how it looks. Lines are written synchronously: a crash loses none. */
import fs from 'node:fs';
import { describeThrown, TshornError } from '@tshorn/core';
import type Pino from 'pino';
import { earlyLogger, type Logger } from './early-logger.ts';

export type { Logger };

export interface Log {
  readonly logger: Logger;
  /** Resolves when every line so far has been written; wait for it before the process ends. */
  readonly ready: Promise<void>;
  /** After a log rotation has moved the file away. Nothing happens where the log is no file. */
  reopen(): Promise<void>;
}

export interface LogSettings {
  readonly logLevel: string;
  /** `auto`: for people on a terminal, JSON everywhere else. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  readonly logFile?: string | undefined;
}

const STDERR = 2;

/** @throws TshornError ERR_LOG_FILE */
export function openLog(settings: LogSettings): Log {
  const { logLevel, logFile } = settings;
  if (logFile !== undefined) checkFile(logFile);
  const library = load(settings);
  const { logger, ready } = earlyLogger(
    logLevel,
    library.then((loaded) => loaded.logger),
  );
  const reopen = async () => {
    if (logFile !== undefined) (await library).destination.reopen();
  };
  return { logger, ready, reopen };
}

function checkFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'a'));
  } catch (error) {
    throw new TshornError('ERR_LOG_FILE', `--log-file: cannot write ${file}: ${describeThrown(error)}`, {
      fix: 'choose a file in a directory that exists and that this user may write to',
    });
  }
}

async function load({ logLevel, logFormat, logFile }: LogSettings) {
  const { default: pino } = await import('pino');
  const destination = pino.destination({ dest: logFile ?? STDERR, sync: true, append: true });
  // A full disk or a closed pipe must not take the service down with the log.
  destination.on('error', () => {});
  const options = { level: logLevel, base: { master: process.pid } };
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && !logFile && process.stderr.isTTY);
  const stream = pretty ? await prettyStream(destination, logFile === undefined) : destination;
  return { logger: pino(options, stream) as Logger, destination };
}

async function prettyStream(destination: ReturnType<typeof Pino.destination>, onTerminal: boolean) {
  // Loaded only for people: a piped log does not pay for it.
  const { default: prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize: onTerminal && process.stderr.isTTY === true,
    destination,
    hideObject: true,
    ignore: 'master,pid',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
