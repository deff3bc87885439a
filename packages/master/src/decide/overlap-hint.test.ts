import { fullServerIn, withOverlapHint } from './overlap-hint.ts';

const ROLLING = { parked: true, replaces: false };

it.each([
  'uncaught Error: listen EADDRINUSE: address already in use :::9001',
  "Error: EEXIST: file already exists, open '/run/bot.lock'",
  'Error: Lock file is already being held',
  'LEVEL_LOCKED: Database failed to open',
])('names the plan that ends the old worker first: %s', (reason) =>
  expect(withOverlapHint(reason, ROLLING)).toBe(
    `${reason}; an old worker may still hold it: set --reload-plan replace --no-park`,
  ),
);

it.each([
  '/_status answered 500',
  'bind: listen EADDRINUSE: 127.0.0.1:80',
  'TypeError: block is no function',
])('says nothing about other reasons: %s', (reason) => expect(withOverlapHint(reason, ROLLING)).toBe(reason));

const FULL = [
  'error: sorry, too many clients already',
  'FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute',
  'Error: ER_CON_COUNT_ERROR: Too many connections',
  'ReplyError: ERR max number of clients reached',
  'error: no more connections allowed (max_client_conn)',
];

describe.each(FULL)('a server without room: %s', (reason) => {
  it.each([
    [ROLLING, '--no-park, or close them in worker'],
    [{ parked: true, replaces: true }, '--no-park, or close them in worker'],
    [{ parked: false, replaces: false }, '--reload-plan replace'],
  ])('%j: names what keeps fewer processes', (keeps, way) =>
    expect(withOverlapHint(reason, keeps)).toContain(`set ${way}`),
  );

  it('says nothing where no old worker is left', () =>
    expect(withOverlapHint(reason, { parked: false, replaces: true })).toBe(reason));

  it('is found in what the worker printed', () =>
    expect(fullServerIn(['connecting', reason, '    at Parser.parse'])).toBe(reason));
});

it('is not found elsewhere', () => expect(fullServerIn(['EMFILE: too many open files', ''])).toBeUndefined());
