/** The words of the log about the file of the access log: lines that are lost, and a file that cannot be opened again. */
import { describeWorker, type ToMaster, type WorkerIdentity } from '@tshorn/core';
import { fieldsOf } from './hang/warnings.ts';
import type { Logger } from './log.ts';

type Report = Omit<Extract<ToMaster, { type: 'access-log' }>, 'type'>;

interface Words {
  readonly event: 'access-log-lost' | 'access-log-not-reopened' | 'access-log-reopened';
  readonly level: 'info' | 'warn';
  text(report: Report, file: string): string;
}

const WORDS: Readonly<Record<Report['state'], Words>> = {
  losing: {
    event: 'access-log-lost',
    level: 'warn',
    text: ({ reason }, file) =>
      `cannot write the access log ${file}: ${reason}; its lines are lost until it can be written, and requests are served as before`,
  },
  lost: {
    event: 'access-log-lost',
    level: 'warn',
    text: ({ lines, reason }, file) =>
      `has lost ${lines} ${lines === 1 ? 'line' : 'lines'} of the access log ${file}: ${reason}; it can be written again`,
  },
  'not-reopened': {
    event: 'access-log-not-reopened',
    level: 'warn',
    text: ({ reason }, file) =>
      `cannot open the access log ${file} again: ${reason}; it still writes to the old file; let the user of the workers write to ${file}, and send USR1 again`,
  },
  reopened: {
    event: 'access-log-reopened',
    level: 'info',
    text: (_report, file) => `has opened the access log ${file} again`,
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
  const { event, level, text } = WORDS[state];
  const fields = {
    event,
    ...fieldsOf(worker),
    file,
    ...(reason && { reason }),
    ...(state === 'lost' && { lines }),
  };
  log[level](fields, `${describeWorker(worker)} ${text(report, file)}`);
}
