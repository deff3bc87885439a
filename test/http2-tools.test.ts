/** HTTP/2 with the clients that others have written, where the machine has them. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { times } from './support/long.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const RELOADS = times('RELOADS', 1, 4);
const REQUESTS = times('REQUESTS', 2_000, 30_000);

afterEach(() => endServers());

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const h2load = has('h2load') ? test : test.skip;
const curl = has('curl') ? test : test.skip;

h2load(`h2load: every one of ${REQUESTS} requests is answered`, async () => {
  const server = await startServer(fixture('http2-app.mjs'), { workers: 2, args: ['--http2'] });
  const args = ['-n', String(REQUESTS), '-c', '10', '-m', '20', `${server.origin}/`];
  const { stdout } = await promisify(execFile)('h2load', args);
  expect(stdout).toContain(`${REQUESTS} succeeded, 0 failed, 0 errored, 0 timeout`);
  for (let at = 0; at < RELOADS; at++) expect(await server.reload()).toMatchObject({ outcome: 'committed' });
});

curl('curl: prior knowledge, and the upgrade of HTTP/1.1 is not taken', async () => {
  const server = await startServer(fixture('http2-app.mjs'), { args: ['--http2'] });
  const ask = async (...args: string[]) =>
    (
      await promisify(execFile)('curl', [
        '-s',
        '--max-time',
        '20',
        '-w',
        ' %{http_version}',
        ...args,
        `${server.origin}/`,
      ])
    ).stdout;
  expect(await ask('--http2-prior-knowledge')).toBe('hello 2');
  expect(await ask('--http2')).toBe('hello 1.1');
  expect(await ask('--http1.1')).toBe('hello 1.1');
});
