/** The master's log: where it goes and how it looks. A line is written before the call returns, where that needs no wait. */
import type { Level } from './decide/notice.ts';
import { earlyLogger, type Logger } from './early-logger.ts';
import { RecentLines } from './live/recent-lines.ts';
import { logFile as openFile } from './log-file.ts';
import { LogStream } from './log-stream.ts';
import { type Outlet, stderrOutlet } from './outlet.ts';

export type { Logger };

export interface Log {
  readonly logger: Logger;
  /** Lines since the start by level, those below `--log-level` included. */
  readonly counts: Readonly<Record<Level, number>>;
  /** Its last lines, and those that the workers print. */
  readonly recent: RecentLines;
  /** Resolves when every line so far is written, or when the reader has not taken them for a second. */
  flush(): Promise<void>;
  /** Undefined for standard error. */
  readonly file: string | undefined;
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
  const outlet = logFile === undefined ? stderrOutlet : openFile('--log-file', logFile);
  const recent = new RecentLines();
  const { logger, ready, counts } = earlyLogger(logLevel, load(settings, outlet, recent));
  const flush = async () => {
    await ready;
    await outlet.idle(FLUSH_MS);
  };
  const reopen = () => {
    if (logFile !== undefined) outlet.renew();
  };
  return { logger, counts, recent, file: logFile, flush, reopen };
}

async function load(
  { logLevel, logFormat, logFile }: LogSettings,
  outlet: Outlet,
  recent: RecentLines,
): Promise<Logger> {
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
  const write = (line: string) => {
    recent.log(line);
    stream.write(line);
  };
  const logger = pino({ level: logLevel, base: { master: process.pid } }, { write }) as Logger;
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
