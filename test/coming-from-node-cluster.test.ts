/** docs/coming-from-node-cluster.md: its script serves before and after, and needs no change to be tried. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEADLINE_MS } from './support/deadline.ts';
import { freePort } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { stepsOfFile } from './support/page.ts';
import { endServers, root, startServer } from './support/server.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
const files = stepsOfFile(path.join(root, 'docs/coming-from-node-cluster.md')).map(({ head, lines }) => {
  const file = path.join(directory, head);
  writeFileSync(file, lines.join('\n'));
  return file;
});
const answer = async (port: number) => (await ask({ port }, { path: '/', agent: false })).body;
afterEach(endServers);
afterAll(() => rmSync(directory, { recursive: true }));

test('the page has a script before and after', () => {
  expect(files.map((file) => path.basename(file))).toEqual(['cluster-before.js', 'cluster-after.js']);
});

test.each(files)('node runs %s', async (file) => {
  const port = await freePort();
  const child = spawn(process.execPath, [file], { env: { ...process.env, PORT: `${port}` } });
  try {
    for (const end = Date.now() + DEADLINE_MS; Date.now() < end; ) {
      const body = await answer(port).catch(() => new Promise<void>((resolve) => setTimeout(resolve, 50)));
      if (body) return expect(body).toMatch(/^hello from \d+\n$/);
    }
    throw new Error('it does not serve');
  } finally {
    child.kill('SIGKILL');
  }
});

test.each(files)('tshorn runs %s, and reloads it', async (file) => {
  const server = await startServer(file, { workers: 2 });
  expect(await answer(server.port)).toMatch(/^hello from \d+\n$/);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await server.stop()).toBe(0);
});
