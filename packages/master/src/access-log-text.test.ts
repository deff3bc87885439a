import { reportAccessLog } from './access-log-text.ts';

const worker = { slot: 1, generation: 2, pid: 7 };
const FILE = '/var/log/shop/access.log';

test.each([
  [{ state: 'losing', lines: 0, reason: 'ENOSPC' }, 'warn', { event: 'access-log-lost', reason: 'ENOSPC' }],
  [{ state: 'lost', lines: 3, reason: 'ENOSPC' }, 'warn', { event: 'access-log-lost', lines: 3 }],
  [{ state: 'lost-at-end', lines: 3, reason: 'ENOSPC' }, 'warn', { event: 'access-log-lost', lines: 3 }],
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

test.each([
  ['lost', /3 lines of the access log on standard output: ENOSPC; it can be written again$/],
  [
    'lost-at-end',
    /3 lines of the access log on standard output: ENOSPC; it could not be written again before the worker ended$/,
  ],
] as const)('lines that are %s: whether more can be written is told truly', (state, text) => {
  const log = { info: jest.fn(), warn: jest.fn() };
  reportAccessLog(log, worker, { state, lines: 3, reason: 'ENOSPC' }, '-');
  expect(log.warn).toHaveBeenCalledWith(expect.anything(), expect.stringMatching(text));
});
