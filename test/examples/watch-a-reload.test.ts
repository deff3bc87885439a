/** The program behind `npm start`. Its exit code says whether a request has failed. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/server.ts';

const run = promisify(execFile);

test('watch-a-reload shows a reload that fails no request, and stops its server', async () => {
  const file = path.join(root, 'examples/watch-a-reload.mjs');
  const { stdout } = await run(process.execPath, [file, '--reloads', '1', '--pause', '1000'], {
    env: { ...process.env, START_MS: '300', TSHORN_SOAK: '50ms' },
  });
  expect(stdout).toContain('reload to gen=2 committed: 4 workers replaced');
  expect(stdout).toMatch(/Reloads: 1\. Requests answered: [\d,]+, failed: 0\./);
  expect(stdout).toContain('stopped: exit code 0');
});
