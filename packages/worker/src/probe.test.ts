import { type ProbeSettings, probe } from './probe.ts';
import { type Answer, NoAnswer, type Question } from './transport/ask-in-process.ts';

const SETTINGS: ProbeSettings = {
  statusPath: '/_status',
  statusPathGiven: false,
  statusHeader: [],
  probeTimeout: 10,
  probeAttempts: 1,
  probeAttemptsGiven: true,
  probeInterval: 0,
};
const CHOSEN = { statusPath: '/health', statusPathGiven: true };

const answering = (ask: (question: Question) => Answer) => ({
  ask: async (question: Question) => ask(question),
  answersRequests: () => true,
});

async function outcomeOf(answer: Answer, settings: Partial<ProbeSettings> = {}): Promise<string> {
  const { verdict, reason } = await probe(
    answering(() => answer),
    { ...SETTINGS, ...settings },
    () => {},
  );
  return reason === undefined ? verdict : `${verdict}: ${reason}`;
}

const answer = (status: string, more: Partial<Answer> = {}): Answer => ({
  code: Number.parseInt(status, 10),
  status,
  ...more,
});

describe('a path that nobody chose', () => {
  test.each([
    '301 Moved Permanently',
    '400 Bad Request',
    '401 Unauthorized',
    '404 Not Found',
    '429 Too Many Requests',
  ])('%s is a sign of life', async (status) =>
    expect(await outcomeOf(answer(status))).toBe(`alive: /_status answered ${status}`),
  );

  test('5xx is broken, and the reason says that nobody chose the path', async () => {
    expect(await outcomeOf(answer('503 Service Unavailable'))).toBe(
      'broken: /_status answered 503 Service Unavailable; /_status is only the default: --status-path PATH asks for another, --no-status-path for none',
    );
  });

  test('a server without a listener for requests is alive; with a chosen path it is broken', async () => {
    const mute = { ask: () => Promise.reject(new Error()), answersRequests: () => false };
    expect(await probe(mute, SETTINGS, () => {})).toMatchObject({ verdict: 'alive' });
    expect(await probe(mute, { ...SETTINGS, ...CHOSEN }, () => {})).toMatchObject({
      verdict: 'broken',
      reason: expect.stringContaining('wants --no-status-path'),
    });
  });
});

describe('a chosen path', () => {
  test('2xx is ok', async () => expect(await outcomeOf(answer('204 No Content'), CHOSEN)).toBe('ok'));

  test.each([
    ['404 Not Found', {}, 'Name: value'],
    ['401 Unauthorized', {}, 'Authorization: ...'],
    ['421 Misdirected Request', {}, 'Host: example.com'],
    ['403 Forbidden', { body: 'Blocked request. This host is not allowed.' }, 'Host: example.com'],
    [
      '400 Bad Request',
      { body: `${'x'.repeat(300)} Apollo-Require-Preflight` },
      'apollo-require-preflight: true',
    ],
  ])('%s is broken, and the reason names the way out', async (status, more, header) => {
    const outcome = await outcomeOf(answer(status, more), CHOSEN);
    expect(outcome).toMatch(new RegExp(`^broken: /health answered ${status}(: .*)?; `));
    expect(outcome.slice(outcome.lastIndexOf('; '))).toBe(
      `; a chosen path has to answer 2xx: choose another by --status-path, send what it asks for by --status-header '${header}', or do not ask by --no-status-path`,
    );
  });

  test('a redirect is broken, and the reason says where it leads to', async () => {
    const headers = { location: 'https://localhost/health' };
    const outcome = await outcomeOf(answer('301 Moved Permanently', { headers }), CHOSEN);
    expect(outcome).toMatch(
      /^broken: \/health answered 301 Moved Permanently \(to https:\/\/localhost\/health\); /,
    );
    expect(outcome).toContain("--status-header 'X-Forwarded-Proto: https'");
  });

  test('5xx is broken by its body, and no option is offered', async () => {
    const body = '{"database":\t"away"}\n';
    expect(await outcomeOf(answer('503 Service Unavailable', { body }), CHOSEN)).toBe(
      'broken: /health answered 503 Service Unavailable: {"database": "away"}',
    );
  });
});

describe('an app that is ready only after it listens', () => {
  /** Answers `status` so many times, and then 200. */
  const readyAfter = (times: number, status: string, more: Partial<ProbeSettings> = {}) => {
    let asked = 0;
    const transport = answering(() => answer(asked++ < times ? status : '200 OK'));
    const settings = {
      ...SETTINGS,
      ...CHOSEN,
      probeAttempts: 3,
      probeTimeout: 60_000,
      probeAttemptsGiven: false,
    };
    return probe(transport, { ...settings, ...more }, () => {});
  };

  test.each(['404 Not Found', '503 Service Unavailable'])(
    '%s at a chosen path is asked again',
    async (status) => expect(await readyAfter(5, status)).toMatchObject({ verdict: 'ok' }),
  );

  test.each([
    ['500 Internal Server Error', {}],
    ['401 Unauthorized', {}],
    ['404 Not Found', { probeAttemptsGiven: true }],
    ['503 Service Unavailable', { statusPathGiven: false }],
    ['404 Not Found', { probeTimeout: 0 }],
  ])('%s %j has its attempts and no more', async (status, more) =>
    expect(await readyAfter(3, status, more)).toMatchObject({ verdict: 'broken', status }),
  );
});

test('the headers that somebody gave are sent', async () => {
  const statusHeader = [{ name: 'apollo-require-preflight', value: 'true' }];
  let asked: Question | undefined;
  const transport = answering((question) => {
    asked = question;
    return answer('200 OK');
  });
  await probe(transport, { ...SETTINGS, statusHeader }, () => {});
  expect(asked).toMatchObject({ path: '/_status', userAgent: 'tshorn-probe', headers: statusHeader });
});

test('the begin is told, and each attempt that fails before the last', async () => {
  const transport = {
    ask: () => Promise.reject(new NoAnswer('no answer within 0.01 s')),
    answersRequests: () => true,
  };
  const told: string[] = [];
  const settings = { ...SETTINGS, probeAttempts: 3 };
  await probe(transport, settings, ({ attempt, reason }) => told.push(`${attempt} ${reason}`));
  expect(told).toEqual([
    expect.stringMatching(/^0 \/_status: no answer yet; .* --no-status-path for none$/),
    expect.stringContaining('1 /_status: no answer within 0.01 s'),
    expect.stringContaining('2 /_status: no answer within 0.01 s'),
  ]);
});
