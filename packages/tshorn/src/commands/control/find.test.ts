import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serviceSockets } from '@tshorn/config';
import { findMaster } from './choose.ts';
import { findMasters } from './find.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const listen = (name: string): Promise<net.Server> =>
  new Promise((resolve) => {
    const server = net.createServer((socket) => socket.destroy());
    server.listen(path.join(directory, name), () => resolve(server));
  });

it('takes the only one that answers', async () => {
  fs.writeFileSync(path.join(directory, '5.sock'), '');
  fs.writeFileSync(path.join(directory, 'notes.txt'), '');
  const server = await listen('7.sock');
  expect(await findMaster({}, {}, {}, ['/nowhere', directory], [])).toBe(path.join(directory, '7.sock'));
  server.close();
  await expect(findMaster({}, {}, {}, [directory], [])).rejects.toThrow('runs no master');
});

it('names none of several, and lists them', async () => {
  const servers = [await listen('7.sock'), await listen('8.sock')];
  await expect(findMaster({}, {}, {}, [directory], [])).rejects.toMatchObject({
    code: 'ERR_CONTROL',
    detail: '7  no answer\n8  no answer',
  });
  const both = [path.join(directory, '7.sock'), path.join(directory, '8.sock')];
  expect(await findMasters({}, {}, [directory], [])).toEqual(both);
  for (const server of servers) server.close();
});

it('follows what it is told, in the order of its words', async () => {
  expect(await findMaster({ control: '/a.sock' }, { TSHORN_CONTROL: '/b.sock' }, {}, [])).toBe('/a.sock');
  expect(await findMaster({}, { TSHORN_CONTROL: '/b.sock' }, {}, [])).toBe('/b.sock');
  await expect(findMaster({ pid: process.pid }, {}, {}, [directory], [])).rejects.toThrow('is no master');
  const pidFile = path.join(directory, 'pid');
  await expect(findMaster({ pidFile }, {}, {}, [])).rejects.toThrow(`cannot read ${pidFile}`);
  fs.writeFileSync(pidFile, 'secret');
  await expect(findMaster({ pidFile }, {}, {}, [])).rejects.toThrow(`${pidFile}: it holds no pid`);
});

it('finds one that is named by its pid wherever its socket lies', async () => {
  const pidFile = path.join(directory, 'pid');
  fs.writeFileSync(pidFile, `${process.pid}\n`);
  const socket = path.join(fs.realpathSync(directory), `${process.pid}.sock`);
  const hangs = net.createServer().listen(socket);
  await once(hangs, 'listening');
  expect(await findMaster({ pid: process.pid }, {}, {}, ['/nowhere'], [])).toBe(socket);
  expect(await findMaster({ pidFile }, {}, {}, ['/nowhere'], [])).toBe(socket);
  hangs.close();
  const control = path.join(directory, 'shop.sock');
  const server = http.createServer((_, response) => response.end(`{"pid":${process.pid}}`)).listen(control);
  await once(server, 'listening');
  expect(await findMaster({ pidFile }, {}, {}, ['/nowhere'], [])).toBe(control);
  server.close();
});

const asRoot = process.geteuid?.() === 0 ? it : it.skip;
asRoot("does not speak to a socket in somebody else's directory", async () => {
  const server = await listen(`${process.pid}.sock`);
  fs.chownSync(directory, 65_534, 65_534);
  await expect(findMaster({}, {}, {}, [directory], [])).rejects.toThrow('runs no master');
  await expect(findMaster({ pid: process.pid }, {}, {}, [directory], [])).rejects.toThrow('is no master');
  server.close();
});

asRoot('finds the socket of a service of any user for root, alone or by its pid', async () => {
  const services = path.join(directory, 'services');
  fs.mkdirSync(path.join(services, 'shop'), { recursive: true, mode: 0o755 });
  const socket = path.join(services, 'shop', 'control.sock');
  const server = http.createServer((_, response) => response.end('{"pid":4711}')).listen(socket);
  await once(server, 'listening');
  fs.chownSync(path.join(services, 'shop'), 65_534, 65_534);
  expect(serviceSockets(services)).toEqual([socket]);
  expect(await findMaster({}, {}, {}, [directory], serviceSockets(services))).toBe(socket);
  expect(await findMaster({ pid: 4711 }, {}, {}, [directory], serviceSockets(services))).toBe(socket);
  await expect(findMaster({ pid: 4712 }, {}, {}, [], [socket])).rejects.toMatchObject({
    code: 'ERR_CONTROL',
  });

  fs.chmodSync(services, 0o777);
  expect(serviceSockets(services)).toEqual([]);
  server.close();
});
