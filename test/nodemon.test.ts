import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endServers, fixture, TestServer } from './support/server.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

test('USR2 of nodemon, to the whole tree, ends the server instead of starting a second one', async () => {
  // As nodemon does it: the command runs in a shell, and its end is waited for.
  const nodemon = path.join(directory, 'nodemon.js');
  fs.writeFileSync(
    nodemon,
    `const [, , ...command] = process.argv;
    const line = command.map((word) => "'" + word + "'").join(' ') + '; exit $?';
    require('node:child_process').spawn('sh', ['-c', line], { stdio: 'inherit' })
      .on('exit', (code) => process.exit(code));`,
  );
  const server = new TestServer(fixture('says-hello.mjs'), {
    through: ([node = '', ...command]) => [node, nodemon, node, ...command],
  });
  const { master } = await server.started();
  for (const pid of [...server.readyPids, master as number]) process.kill(pid, 'SIGUSR2');
  expect(await server.exited).toBe(0);
  expect(server.of('stopping')[0]?.msg).toBe(
    'stopping: quick stop by SIGUSR2 from nodemon, which restarts it',
  );
  expect(server.of('re-exec-started')).toEqual([]);
});
