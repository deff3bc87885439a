import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Planted, plantedSystem } from '../testing/planted-system.ts';
import { mastersOf } from './masters.ts';

let directory: string;
let server: net.Server;
beforeEach(async () => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  server = net.createServer().listen(path.join(directory, '77.sock'));
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  fs.rmSync(directory, { recursive: true });
});

/** The master with pid 77, which serves /srv/app.js. */
async function master({ files = {}, links = {} }: Planted, app: string | undefined = '/srv/app.js') {
  const system = plantedSystem({ files, links, list: fs.readdirSync as never });
  const ask = async () => ({ pid: 77, listeners: [':80'], ...(app && { app }) });
  return (await mastersOf(system, { directories: [directory], services: [], ask })).masters[0];
}

const there = { '/srv/app.js': '' };
const deleted = { '/proc/77/cwd': '/srv/old (deleted)' };

it('is left over when its app is gone', async () => {
  expect(await master({})).toMatchObject({ pid: 77, addresses: [':80'], gone: '/srv/app.js' });
});

it('outlives the directory that it was started in, as long as its app is there', async () => {
  expect(await master({ files: there, links: deleted })).toMatchObject({ gone: undefined });
});

const underNpm = (own: string) => ({
  ...there,
  '/proc/77/cmdline': own,
  '/proc/77/status': 'PPid:\t76\n',
  '/proc/76/cmdline': 'sh\0-c\0tshorn\0',
  '/proc/76/status': 'PPid:\t75\n',
  '/proc/75/cmdline': 'npm start\0',
});

it('is under npm, with a shell between', async () => {
  expect(await master({ files: underNpm('tshorn\0app.js\0') })).toMatchObject({ wrapper: 'npm start' });
});

it('may be under npm in development', async () => {
  const files = underNpm('tshorn\0app.js\0--watch\0');
  expect(await master({ files })).toMatchObject({ wrapper: undefined });
});

it('is known by its socket where it does not answer', async () => {
  const system = plantedSystem({ list: fs.readdirSync as never, links: deleted });
  const ask = async () => Promise.reject(new Error('busy'));
  const { masters, staleSockets } = await mastersOf(system, { directories: [directory], services: [], ask });
  expect(masters).toMatchObject([{ pid: 77, gone: '/srv/old' }]);
  expect(staleSockets).toEqual([]);
});

it('may be a service, whose socket has no pid in its name', async () => {
  const socket = path.join(directory, 'control.sock');
  const service = net.createServer().listen(socket);
  await once(service, 'listening');
  const system = plantedSystem({ files: there });
  const ask = async () => ({ pid: 99, app: '/srv/app.js', listeners: [':80'] });
  const { masters } = await mastersOf(system, { directories: [], services: [socket], ask });
  expect(masters).toMatchObject([{ pid: 99, gone: undefined }]);
  const silent = async () => Promise.reject(new Error('busy'));
  expect(await mastersOf(system, { directories: [], services: [socket], ask: silent })).toEqual({
    masters: [],
    staleSockets: [],
  });
  service.close();
});
