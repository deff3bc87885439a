/** Things that only one process may have: a port outside of node:cluster, a lock file. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { freePort } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const answers = async ({ port }: TestServer) => (await ask({ port }, { path: '/', agent: false })).status;
const HINT = 'an old worker may still hold it: set --reload-plan replace --no-park';

test.each([
  ['a port', 'EADDRINUSE: address already in use', async () => ({ ONLY_PORT: `${await freePort()}` })],
  ['a lock file', 'EEXIST: file already exists', () => ({ ONLY_FILE: path.join(directory, 'lock') })],
])('%s that the old worker holds is named in the verdict, with the plan that works', async (_, why, env) => {
  const server = await startServer(fixture('has-one-of-a-kind.mjs'), { env: await env() });
  const verdict = await server.reload();
  expect(verdict).toMatchObject({ outcome: 'rolled-back' });
  expect(verdict.reason).toContain(`Error: ${why === 'EEXIST: file already exists' ? '' : 'listen '}${why}`);
  expect(verdict.reason).toContain(HINT);
  expect(await answers(server)).toBe(200);
});

test('replace without parking lets the old worker clean up before the new one starts', async () => {
  const env = { ONLY_PORT: `${await freePort()}`, ONLY_FILE: path.join(directory, 'lock') };
  const args = ['--reload-plan', 'replace', '--no-park'];
  const server = await startServer(fixture('has-one-of-a-kind.mjs'), { env, args });
  for (let reload = 0; reload < 2; reload++) {
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(await answers(server)).toBe(200);
  }
  expect(await server.stop()).toBe(0);
  expect(fs.existsSync(env.ONLY_FILE)).toBe(false);
});
