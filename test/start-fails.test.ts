/** A `start()` that rejects gives everything back: the program can try again, or end by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './support/free-ports.ts';
import { fixture, root } from './support/server.ts';

let directory: string;
const other = net.createServer();
beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => {
  other.close();
  fs.rmSync(directory, { recursive: true });
});

const file = (name: string) => path.join(directory, name);
/** It is written after everything has been opened. */
const noPidFile = { pidFile: '/no-such-directory/tshorn.pid' };

/** Outcomes of the attempts of a program that ends by itself. */
async function outcomes(...attempts: object[]): Promise<string[]> {
  const words = [
    fixture('retries-start.mjs'),
    fixture('says-hello.mjs'),
    ...attempts.map((each) => JSON.stringify(each)),
  ];
  const program = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  program.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(program, 'close');
  expect(code).toBe(0);
  return output.trim().split('\n');
}

test('a PID file that cannot be written: the address is free for the next attempt', async () => {
  const bind = `127.0.0.1:${await freePort()}`;
  expect(await outcomes({ bind, ...noPidFile }, { bind })).toEqual(['ERR_PID_FILE', 'started']);
});

test('a unix socket and its file are given back', async () => {
  const bind = `unix:${file('app.sock')}`;
  expect(await outcomes({ bind, ...noPidFile })).toEqual(['ERR_PID_FILE']);
  expect(fs.readdirSync(directory)).toEqual([]);
  expect(await outcomes({ bind, ...noPidFile }, { bind })).toEqual(['ERR_PID_FILE', 'started']);
});

test('the socket of --status-transport udp does not keep the program alive', async () => {
  const statusTransport = 'udp';
  expect(await outcomes({ statusTransport, ...noPidFile })).toEqual(['ERR_PID_FILE']);
  expect(await outcomes({ statusTransport, ...noPidFile }, { statusTransport })).toEqual([
    'ERR_PID_FILE',
    'started',
  ]);
});

test('an address in use: the other addresses are free, and no PID file is left', async () => {
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const free = `127.0.0.1:${await freePort()}`;
  const occupied = `127.0.0.1:${(other.address() as net.AddressInfo).port}`;
  const pidFile = file('tshorn.pid');
  expect(await outcomes({ bind: [free, occupied], pidFile }, { bind: free })).toEqual([
    'ERR_ADDRESS_IN_USE',
    'started',
  ]);
  expect(fs.readdirSync(directory)).toEqual([]);
});
