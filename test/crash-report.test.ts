/** An exception that is contained is reported as Node reports it, and ends the worker as Node would have ended it. */
import { spawnSync } from 'node:child_process';
import { ask } from './support/load.ts';
import { brief, cases } from './support/long.ts';
import { RawClient } from './support/raw.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

const node = (app: string, kind: string, flags: readonly string[] = []) =>
  spawnSync(process.execPath, [...flags, fixture(app)], {
    env: { ...process.env, KIND: kind },
    encoding: 'utf8',
  });

/** The worker's lines on standard error, up to Node's version; `of` names the request that throws. */
async function contained(app: string, kind: string, env: Record<string, string> = {}): Promise<string> {
  const server = await startServer(fixture(app), { args: ['--crash-grace', '500ms'], env });
  void ask({ port: server.port }, { path: `/${encodeURIComponent(kind)}`, agent: false }).catch(() => {});
  await server.event('crashed');
  return server.until('the end of the report', () => /^[\s\S]*^Node\.js v.*\n/m.exec(server.output)?.[0]);
}

const SAME = cases(
  [
    'error',
    'type',
    'made',
    'cause',
    'aggregate',
    'own',
    'frozen',
    'file',
    'event',
    'event of no error',
    'connection',
    'async',
    'rejected text',
    'rejected nothing',
  ],
  (kind) => ['made', 'aggregate', 'event', 'async', 'rejected text'].includes(kind),
);

/** The frames below an async function tell in which phase of the loop it went on: by chance. */
const withoutTurn = (report: string) =>
  report.replace(/^ +at .*\(node:internal\/(?:process\/task_queues|timers):.*\n/gm, '');

describe('the report is what Node writes', () => {
  test.each(SAME)('for: %s', async (kind) => {
    const report = await contained('throws-all-kinds.cjs', kind);
    expect(withoutTurn(report)).toBe(withoutTurn(node('throws-all-kinds.cjs', kind).stderr));
  });

  test('in an ES module', async () => {
    expect(await contained('throws-all-kinds.mjs', 'error')).toBe(
      node('throws-all-kinds.mjs', 'error').stderr,
    );
  });

  const WITHOUT_PLACE = cases(['json', 'text', 'nothing', 'object', 'no stack'], (kind) => kind === 'text');
  test.each(WITHOUT_PLACE)('without the place, which only Node can know, for: %s', async (kind) => {
    const lines = node('throws-all-kinds.cjs', kind).stderr.replace(/^[\s\S]*?^\s*(?:\^|\{"a":\n)\n*/m, '');
    expect(await contained('throws-all-kinds.cjs', kind)).toBe(lines);
  });
});

brief(
  'a handler that throws after its answer fails no request: its connection closes behind the answer',
  async () => {
    const server = await startServer(fixture('throws-all-kinds.cjs'), { args: ['--crash-grace', '60s'] });
    const client = await RawClient.open({ port: server.port });
    expect(await client.get('/answered').ended()).toBe('end');
    expect(client.text).toMatch(/ 200 OK\r\n[\s\S]*\r\nok$/);
    expect(await server.event('contained')).toMatchObject({ lost: 0 });
  },
);

describe('nothing is contained, and Node ends the worker', () => {
  const lost = async (server: TestServer, kind = 'error') => {
    const answer = ask({ port: server.port }, { path: `/${kind}`, agent: false });
    await expect(answer).rejects.toThrow();
    const { msg } = await server.event('crashed');
    expect(server.of('contained')).toEqual([]);
    return msg;
  };

  brief('with --crash-grace 0', async () => {
    const args = ['--crash-grace', '0'];
    const server = await startServer(fixture('throws-all-kinds.cjs'), { args });
    expect(await lost(server)).toContain('exit code 1: uncaught Error: plain');
  });

  brief('with --trace-uncaught, which asks Node for the place of the throw', async () => {
    const env = { NODE_OPTIONS: '--trace-uncaught' };
    const server = await startServer(fixture('throws-all-kinds.cjs'), { env });
    await lost(server, 'text');
    await server.until('the place', () => server.output.includes('Thrown at:\n'));
  });
});
