/** Modules that NODE_OPTIONS or --node-options preload: they are for the app. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { fixture, type ServerOptions, startServer } from './support/server.ts';

/** Node can replace a process by another program from 22.15 and 23.11 on. */
const canReplace = 'execve' in process;
const AGENT = `--import ${fixture('holds-marker.mjs')}`;

let marker: string;
ownDirectory();
beforeEach(() => {
  marker = path.join(directory, 'marker');
});

const start = ({ env, ...options }: ServerOptions) =>
  startServer(fixture('mixed.mjs'), { ...options, env: { ...env, MARKER: marker } });

/** True for a process that has loaded the agent. */
function hasAgent(pid: number): boolean {
  return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`) === marker;
    } catch {
      return false;
    }
  });
}

test('an agent of NODE_OPTIONS runs in the workers, and stays out of the master where Node allows that', async () => {
  const server = await start({ env: { NODE_OPTIONS: `--no-deprecation ${AGENT}` } });
  expect(server.readyPids.map(hasAgent)).toEqual([true]);
  expect(hasAgent(server.pid)).toBe(!canReplace);
  const told = server.of('preloaded').map(({ msg }) => msg);
  const text = expect.stringMatching(
    /holds-marker\.mjs in the master too.*SIGTERM are removed; .*--node-options/,
  );
  expect(told).toEqual(canReplace ? [] : [text]);
});

test('the SIGTERM listener of an agent does not end the master before its requests', async () => {
  const server = await start({ env: { NODE_OPTIONS: AGENT } });
  const slow = ask({ port: server.port }, { path: '/slow?ms=1000' });
  await ask({ port: server.port }, { path: '/' });
  const stopped = server.stop('SIGTERM');
  expect((await slow).body).toBe('slow');
  expect(await stopped).toBe(0);
  expect(server.of('stopped')).toHaveLength(1);
});

test('a new master of a re-exec does not have the agent, and its workers do', async () => {
  const server = await start({ env: { NODE_OPTIONS: AGENT } });
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await server.event('took-over');
  expect(server.master).not.toBe(server.pid);
  expect(hasAgent(server.master)).toBe(false);
  expect(server.readyPids.map(hasAgent)).toEqual([true]);
});

test('--node-options are those of the workers alone', async () => {
  const server = await start({ args: ['--node-options', AGENT] });
  expect(hasAgent(server.pid)).toBe(false);
  expect(server.readyPids.map(hasAgent)).toEqual([true]);
  expect(server.of('preloaded')).toEqual([]);
});

test('a config file in TypeScript keeps the loader that it may need', async () => {
  const config = path.join(directory, 'tshorn.config.ts');
  // No types: every Node reads it with such a loader, and none is needed.
  const loader = `export async function load(url, context, next) {
    if (!url.split('?')[0].endsWith('.ts')) return next(url, context);
    return { format: 'module', source: 'export default { workers: 2 }', shortCircuit: true };
  }`;
  const register = `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(loader)}));`;
  fs.writeFileSync(config, 'enum Plan { A }\nexport default { workers: Plan.A + 2 };\n');
  fs.writeFileSync(path.join(directory, 'loader.mjs'), register);
  const env = { NODE_OPTIONS: `--import ${path.join(directory, 'loader.mjs')}` };
  const args = ['--bind', '127.0.0.1:0', '--config', config];
  const server = await start({ bare: true, args, env });
  expect(server.of('ready')).toHaveLength(2);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(server.of('preloaded')).toEqual([]);
});
