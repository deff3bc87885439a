import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { byLsof, byProc, socketsOf } from './sockets-of.ts';

let directory: string;
let server: net.Server;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(fs.realpathSync(tmpdir()), 'tshorn-'));
  server = net.createServer();
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(directory, { recursive: true });
});

async function listen(name: string): Promise<string> {
  const socket = path.join(directory, name);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return socket;
}

const onLinux = process.platform === 'linux' ? it : it.skip;
onLinux('/proc has the paths on which a process listens', async () => {
  const socket = await listen('a b.sock');
  expect(byProc(process.pid)).toContain(socket);
});

// lsof for Linux ends a path at its first space.
const withLsof = spawnSync('lsof', ['-v']).error ? it.skip : it;
withLsof('so has lsof, where there is no /proc', async () => {
  const socket = await listen('ab.sock');
  expect(byLsof(process.pid)).toContain(socket);
});

it('a process that is gone has none', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  expect(socketsOf(pid)).toEqual([]);
});
