import { reportAccessLog } from './access-log-text.ts';

const worker = { slot: 1, generation: 2, pid: 7 };
const FILE = '/var/log/shop/access.log';

test.each([
  [{ state: 'losing', lines: 0, reason: 'ENOSPC' }, 'warn', { event: 'access-log-lost', reason: 'ENOSPC' }],
  [{ state: 'lost', lines: 3, reason: 'ENOSPC' }, 'warn', { event: 'access-log-lost', lines: 3 }],
  [
    { state: 'not-reopened', lines: 0, reason: 'EACCES' },
    'warn',
    { event: 'access-log-not-reopened', reason: 'EACCES' },
  ],
  [{ state: 'reopened', lines: 0, reason: '' }, 'info', { event: 'access-log-reopened' }],
] as const)('the report %j names the file, and the event that it is', (report, level, fields) => {
  const log = { info: jest.fn(), warn: jest.fn() };
  reportAccessLog(log, worker, report, FILE);
  expect(log[level].mock.calls).toEqual([
    [
      expect.objectContaining({ ...fields, worker: 1, gen: 2, pid: 7, file: FILE }),
      expect.stringContaining(FILE),
    ],
  ]);
});
