/** The script that deploys use: it has to tell the truth about every worker, and lose no request. */
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MixedLoad } from '../support/load.ts';
import { brief as test, thorough } from '../support/long.ts';
import { endServers, root, startServer } from '../support/server.ts';

const script = path.join(root, 'examples/rolling-restart.sh');
const good = `export default (request, response) => response.end('good');`;
const broken = `export default (request, response) => { response.statusCode = 500; response.end(); };`;

let directory: string;
let app: string;
let udpPort: number;
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  app = path.join(directory, 'app.mjs');
  writeFileSync(app, good);
  udpPort = await freeUdpPort();
});
afterEach(async () => {
  await endServers();
  rmSync(directory, { recursive: true });
});

async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

async function rollingRestart(master: number): Promise<{ code: number; output: string }> {
  const child = spawn('sh', [script, String(master), String(udpPort)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

const start = () => startServer(app, { workers: 4, args: ['--notify', `udp://127.0.0.1:${udpPort}`] });

thorough('prints 200 OK for each of four workers under load, and no request fails', async () => {
  const server = await start();
  const before = server.readyPids;
  const load = new MixedLoad({ port: server.port }).start({ fresh: 2, posts: 0, slow: 0, uploads: 0 });
  await load.flow(20);

  expect(await rollingRestart(server.pid)).toEqual({ code: 0, output: '200 OK\n'.repeat(4) });
  await server.event('exited', { count: 4 });
  await load.flow(20);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(server.readyPids).toHaveLength(4);
  expect(server.readyPids.filter((pid) => before.includes(pid))).toEqual([]);
});

thorough('stops at a broken release, says why, and the old workers serve on', async () => {
  const server = await start();
  const before = server.readyPids;
  const load = new MixedLoad({ port: server.port }).start({ fresh: 2, posts: 0, slow: 0, uploads: 0 });
  writeFileSync(app, broken);

  const { code, output } = await rollingRestart(server.pid);
  expect(output).toMatch(/^BROKEN: 503 BROKEN .*\/_status answered 500/);
  expect(code).toBe(1);
  await load.flow(20);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(server.readyPids).toEqual(before);
});

test('says so when there is no such master', async () => {
  const server = await start();
  await server.stop();
  const { code, output } = await rollingRestart(server.pid);
  expect(output).toMatch(/^BROKEN: there is no process/);
  expect(code).toBe(1);
});
