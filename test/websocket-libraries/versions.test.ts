/**
 * The oldest and the newest version of each library in the peer ranges of packages/socket.io and packages/graphql-ws.
 * npm installs them beside a copy of the app.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { TEST_MS } from '../support/deadline.ts';
import { pollUntil } from '../support/eventually.ts';
import { thorough } from '../support/long.ts';
import { endServers, fixture, root, startServer } from '../support/server.ts';
import type { LibraryClient } from './client.ts';
import { LIBRARIES } from './libraries.ts';

const CLIENTS = 10;
const INSTALL_MS = 120_000;

let clients: LibraryClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

/** `>=4.6.0 <5` or `^6.0.0`, from the integration's own package. */
const peerRange = (name: string): string =>
  JSON.parse(fs.readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8')).peerDependencies[
    name
  ];

/** Installs the library into a directory of its own, with the apps of the fixtures; returns that directory. */
function install(name: string, version: string): string {
  const directory = path.join(root, 'node_modules/.cache/libraries', `${name}-${version}`);
  fs.rmSync(directory, { recursive: true, force: true });
  fs.cpSync(fixture('websocket-libraries'), directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
  const peers = name === 'graphql-ws' ? ['graphql@16', 'ws@8'] : [];
  const args = ['install', '--no-save', '--no-package-lock', `${name}@${version}`, ...peers];
  execFileSync('npm', args, { cwd: directory, stdio: 'pipe', timeout: INSTALL_MS });
  fs.symlinkSync(path.join(root, 'packages/tshorn'), path.join(directory, 'node_modules/tshorn'));
  return directory;
}

const installed = (directory: string, name: string): string =>
  JSON.parse(fs.readFileSync(path.join(directory, 'node_modules', name, 'package.json'), 'utf8')).version;

const APPS = [
  { name: 'socket.io', library: 'socket.io (websocket)' },
  { name: 'graphql-ws', library: 'graphql-ws' },
];
const matrix = APPS.flatMap(({ name, library }) => {
  const range = peerRange(name);
  const oldest = /\d+\.\d+\.\d+/.exec(range)?.[0] as string;
  return [
    { name, library, which: 'oldest', version: oldest },
    { name, library, which: 'newest', version: range },
  ];
});

thorough.each(matrix)(
  '$name, the $which version of the peer range ($version): clients move and notice nothing',
  async ({ name, library: called, version }) => {
    const library = LIBRARIES.find((each) => each.name === called);
    if (!library) throw new Error(`no library ${called}`);
    const directory = install(name, version);
    process.stdout.write(`${name} ${installed(directory, name)}\n`);
    const server = await startServer(path.join(directory, library.app), {
      workers: 2,
      args: ['--grace', '20s'],
    });
    clients = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => library.connect(server.port, at)));
    for (const client of clients) client.talk(100);
    for (let reload = 0; reload < 2; reload++) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    }
    for (const client of clients) client.silence();
    const faults = () => clients.flatMap((client) => client.faults);
    await pollUntil(() => faults().length > 0 || clients.every(({ echoed, sent }) => echoed === sent));
    expect(faults()).toEqual([]);
    for (const drained of server.of('drained')) expect(drained).toMatchObject({ closed: 0, forceClosed: 0 });
    const moved = server.of('drained').reduce((sum, line) => sum + (line.moved as number), 0);
    expect(moved).toBeGreaterThanOrEqual(CLIENTS);
    // Nothing was reported as unsupported.
    expect(server.output).not.toContain('not supported');
  },
  INSTALL_MS + TEST_MS,
);
