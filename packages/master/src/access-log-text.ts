/** The words of the log about lines of the access log that are lost. */
import { describeWorker, type ToMaster, type WorkerIdentity } from '@tshorn/core';
import { fieldsOf } from './hang/warnings.ts';
import type { Logger } from './log.ts';

type Report = Omit<Extract<ToMaster, { type: 'access-log' }>, 'type'>;

const TEXTS: Readonly<Record<Report['state'], (report: Report) => string>> = {
  losing: ({ reason }) =>
    `cannot write the access log: ${reason}; its lines are lost until it can be written, and requests are served as before`,
  lost: ({ lines, reason }) =>
    `has lost ${lines} ${lines === 1 ? 'line' : 'lines'} of the access log: ${reason}`,
  'not-reopened': ({ reason }) =>
    `cannot open the access log again: ${reason}; it writes to the old file (--access-log)`,
};

export function warnOfAccessLog(log: Pick<Logger, 'warn'>, worker: WorkerIdentity, report: Report): void {
  const { state, lines, reason } = report;
  const fields = { event: 'access-log-lost' as const, ...fieldsOf(worker), reason };
  log.warn(
    state === 'lost' ? { ...fields, lines } : fields,
    `${describeWorker(worker)} ${TEXTS[state](report)}`,
  );
}
