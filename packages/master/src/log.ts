/** The master's log: where it goes and how it looks. A line is written before the call returns, where that needs no wait. */
import fs from 'node:fs';
import { systemReason, TshornError } from '@tshorn/core';
import { earlyLogger, type Logger } from './early-logger.ts';
import { LogStream } from './log-stream.ts';
import { Outlet, stderrOutlet, targetOf } from './outlet.ts';

export type { Logger };

export interface Log {
  readonly logger: Logger;
  /** Resolves when every line so far is written, or when the reader has not taken them for a second. */
  flush(): Promise<void>;
  /** Opens the log file again, after a log rotation has moved it away. Does nothing for standard error. */
  reopen(): void;
}

export interface LogSettings {
  readonly logLevel: string;
  /** `auto`: for people on a terminal, JSON everywhere else. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  readonly logFile?: string | undefined;
}

/** Time that a stalled reader is given for the last lines. */
const FLUSH_MS = 1_000;

/** @throws TshornError ERR_LOG_FILE */
export function openLog(settings: LogSettings): Log {
  const { logLevel, logFile } = settings;
  if (logFile !== undefined) checkFile(logFile);
  const outlet = logFile === undefined ? stderrOutlet : new Outlet(() => openFile(logFile));
  const { logger, ready } = earlyLogger(logLevel, load(settings, outlet));
  const flush = async () => {
    await ready;
    await outlet.idle(FLUSH_MS);
  };
  const reopen = () => {
    if (logFile !== undefined) outlet.renew();
  };
  return { logger, flush, reopen };
}

function checkFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'a'));
  } catch (error) {
    throw new TshornError('ERR_LOG_FILE', `--log-file: cannot write ${file}: ${systemReason(error)}`, {
      fix: 'choose a file in a directory that exists and that this user may write to',
    });
  }
}

function openFile(file: string) {
  const fd = fs.openSync(file, 'a');
  const target = targetOf(fd);
  if (target.fd !== fd) fs.closeSync(fd);
  return { ...target, isOwn: true };
}

async function load({ logLevel, logFormat, logFile }: LogSettings, outlet: Outlet): Promise<Logger> {
  const { default: pino } = await import('pino');
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && !logFile && process.stderr.isTTY);
  const format = pretty ? await prettyFormat(logFile === undefined) : (line: string) => line;
  const stream = new LogStream(outlet, format, {
    begun(reason) {
      if (logFile === undefined) return;
      const text = `tshorn: --log-file: cannot write ${logFile}: ${reason}; its lines are lost until it can be written`;
      stderrOutlet.add(Buffer.from(`${text}\n`));
    },
    ended(lines, reason) {
      const text = `${lines} log ${lines === 1 ? 'line' : 'lines'} could not be written: ${reason}`;
      logger.warn({ event: 'log-lost', lines, reason }, text);
    },
  });
  const logger = pino({ level: logLevel, base: { master: process.pid } }, stream) as Logger;
  return logger;
}

async function prettyFormat(onTerminal: boolean): Promise<(line: string) => string> {
  // Loaded only for people: a piped log does not pay for it.
  // The default export: in the bundle a CommonJS module has no other.
  const { default: pretty } = await import('pino-pretty');
  return pretty.prettyFactory({
    colorize: onTerminal && process.stderr.isTTY === true,
    hideObject: true,
    ignore: 'master,pid',
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
