/** The words of the log about the file of the access log: lines that are lost, and a file that cannot be opened again. */
import { describeWorker, type ToMaster, type WorkerIdentity } from '@tshorn/core';
import { fieldsOf } from './hang/warnings.ts';
import type { Logger } from './log.ts';

type Report = Omit<Extract<ToMaster, { type: 'access-log' }>, 'type'>;

interface Words {
  readonly event: 'access-log-lost' | 'access-log-not-reopened' | 'access-log-reopened';
  readonly level: 'info' | 'warn';
  /** @param log the access log and its file */
  text(report: Report, log: string, file: string): string;
}

const lossOf = ({ lines, reason }: Report, log: string): string =>
  `has lost ${lines} ${lines === 1 ? 'line' : 'lines'} of ${log}: ${reason}`;

const WORDS: Readonly<Record<Report['state'], Words>> = {
  losing: {
    event: 'access-log-lost',
    level: 'warn',
    text: ({ reason }, log) =>
      `cannot write ${log}: ${reason}; its lines are lost until it can be written, and requests are served as before`,
  },
  lost: {
    event: 'access-log-lost',
    level: 'warn',
    text: (report, log) => `${lossOf(report, log)}; it can be written again`,
  },
  'lost-at-end': {
    event: 'access-log-lost',
    level: 'warn',
    text: (report, log) => `${lossOf(report, log)}; it could not be written again before the worker ended`,
  },
  'not-reopened': {
    event: 'access-log-not-reopened',
    level: 'warn',
    text: ({ reason }, log, file) =>
      `cannot open ${log} again: ${reason}; it still writes to the old file; let the user of the workers write to ${file}, and send USR1 again`,
  },
  reopened: {
    event: 'access-log-reopened',
    level: 'info',
    text: (_report, log) => `has opened ${log} again`,
  },
};

/** @param file the path of the access log, or `-` */
export function reportAccessLog(
  log: Pick<Logger, 'info' | 'warn'>,
  worker: WorkerIdentity,
  report: Report,
  file: string,
): void {
  const { state, lines, reason } = report;
  const named = file === '-' ? 'the access log on standard output' : `the access log ${file}`;
  const { event, level, text } = WORDS[state];
  const fields = {
    event,
    ...fieldsOf(worker),
    file,
    ...(reason && { reason }),
    ...(lines > 0 && { lines }),
  };
  log[level](fields, `${describeWorker(worker)} ${text(report, named, file)}`);
}
