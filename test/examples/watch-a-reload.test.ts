/** The program behind `npm start`. Its exit code says whether a request has failed. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/server.ts';

const run = promisify(execFile);

test('watch-a-reload shows a good release and a bad one, fails no request, and stops its server', async () => {
  const file = path.join(root, 'examples/watch-a-reload.mjs');
  const { stdout } = await run(process.execPath, [file, '--reloads', '2', '--pause', '1000'], {
    env: { ...process.env, START_MS: '300', TSHORN_SOAK: '50ms' },
  });
  expect(stdout).toContain('reload to gen=2 committed: 4 workers replaced');
  expect(stdout).toMatch(
    /reload to gen=3 rolled back after .+, gen=2 still serves: .*no connection to the database/,
  );
  expect(stdout).toMatch(/Reloads: 1 committed, 1 rolled back\. Requests: [\d,]+ answered, 0 failed\./);
  expect(stdout).toContain('stopped: exit code 0');
});
