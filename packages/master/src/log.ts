/** Where the master's log goes and how it looks. Lines are written synchronously: a crash loses none. */

import { describeThrown, TshornError } from '@tshorn/core';
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
  const destination = openDestination(logFile);
  const stream = pretty ? await prettyStream(destination, logFile === undefined) : destination;
  return { logger: pino(options, stream), reopen: () => logFile && destination.reopen() };
}

function openDestination(file: string | undefined) {
  try {
    // Opened at once, since it is synchronous: a file that cannot be written throws here.
    const destination = pino.destination({ dest: file ?? STDERR, sync: true, append: true });
    // A full disk or a closed pipe must not take the service down with the log.
    destination.on('error', () => {});
    return destination;
  } catch (error) {
    throw new TshornError('ERR_LOG_FILE', `--log-file: cannot write ${file}: ${describeThrown(error)}`, {
      fix: 'choose a file in a folder that exists and that this user may write to',
    });
  }
}

async function prettyStream(destination: ReturnType<typeof openDestination>, onTerminal: boolean) {
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
