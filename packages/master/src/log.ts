/** Where the master's log goes and how it looks. Lines are written synchronously: a crash loses none. */

import { TshornError } from '@tshorn/core';
import pino, { type Logger } from 'pino';

export type { Logger };

export interface Log {
  readonly logger: Logger;
  /** After a log rotation has moved the file away. Nothing happens where the log is no file. */
  reopen(): void;
}

export interface LogSettings {
  readonly logLevel: string;
  /** `auto`: for people on a terminal, JSON everywhere else. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  readonly logFile?: string | undefined;
}

const STDERR = 2;

export async function openLog({ logLevel, logFormat, logFile }: LogSettings): Promise<Log> {
  const options = { level: logLevel, base: { master: process.pid } };
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && !logFile && process.stderr.isTTY);
  if (pretty) return { logger: pino(options, await prettyStream(logFile)), reopen: () => {} };

  const destination = await openDestination(logFile);
  return { logger: pino(options, destination), reopen: () => logFile && destination.reopen() };
}

async function openDestination(file: string | undefined) {
  const destination = pino.destination({ dest: file ?? STDERR, sync: true, append: true });
  if (file !== undefined) {
    await new Promise<void>((resolve, reject) => {
      destination.once('ready', resolve);
      destination.once('error', (error: Error) =>
        reject(
          new TshornError('ERR_LOG_FILE', `--log-file: cannot write ${file}: ${error.message}`, {
            fix: 'choose a file in a folder that exists and that this user may write to',
          }),
        ),
      );
    });
  }
  // A full disk or a closed pipe must not take the service down with the log.
  destination.on('error', () => {});
  return destination;
}

async function prettyStream(file: string | undefined) {
  // Loaded only for people: a piped log does not pay for it.
  const { default: prettyFactory } = await import('pino-pretty');
  return prettyFactory({
    colorize: file === undefined && process.stderr.isTTY === true,
    destination: file ?? STDERR,
    sync: true,
    hideObject: true,
    ignore: 'master',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
