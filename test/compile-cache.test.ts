/** The code that V8 has compiled is kept for the next worker of the release, where Node can do so. */
import fs from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { fixture, startServer } from './support/server.ts';

const canCache = 'enableCompileCache' in module;
ownDirectory();

const start = (...args: string[]) =>
  startServer(fixture('says-hello.mjs'), {
    args,
    env: { CACHE_DIRECTORY: directory, NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined },
  });

/** Of each release, the files that its workers have left. */
function compiled(): string[][] {
  const root = path.join(directory, 'tshorn');
  if (!fs.existsSync(root)) return [];
  return fs.readdirSync(root).map((release) => {
    const files = fs.readdirSync(path.join(root, release), { recursive: true, withFileTypes: true });
    return files.filter((file) => file.isFile()).map(({ name }) => name);
  });
}

(canCache ? test : test.skip)(
  'a worker that is ready has written it, in a directory of its own user',
  async () => {
    const server = await start();
    expect(compiled()).toHaveLength(1);
    expect(compiled()[0]?.length).toBeGreaterThan(0);
    expect(fs.statSync(path.join(directory, 'tshorn')).mode & 0o777).toBe(0o700);
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  },
);

test('--no-compile-cache leaves nothing', async () => {
  await start('--no-compile-cache');
  expect(compiled()).toEqual([]);
});

test('where the directory cannot be made, the server starts without it', async () => {
  fs.writeFileSync(path.join(directory, 'tshorn'), '');
  const server = await start('--log-level', 'debug');
  expect(server.lines.some(({ msg }) => msg.startsWith('no compile cache'))).toBe(canCache);
});

const NOBODY = 65_534;
const canChown = process.geteuid?.() === 0;

/** A server whose cache and control socket are below the temporary directory. */
const startInTmp = () => {
  fs.chmodSync(directory, 0o1777);
  const none = { XDG_CACHE_HOME: undefined, XDG_RUNTIME_DIR: undefined, NODE_COMPILE_CACHE: undefined };
  return startServer(fixture('says-hello.mjs'), {
    env: { ...none, TMPDIR: directory, CACHE_DIRECTORY: undefined, NODE_DISABLE_COMPILE_CACHE: undefined },
  });
};

(canCache && canChown ? test : test.skip)(
  'a directory that belongs to another user by now is used by no further worker, and the log says why',
  async () => {
    const server = await startInTmp();
    const own = path.join(directory, `tshorn-${process.geteuid?.()}`);
    const compiled = path.join(own, 'compiled');
    expect(fs.readdirSync(compiled)).toHaveLength(1);
    // The other user puts code of its own in place of ours.
    fs.rmSync(compiled, { recursive: true });
    fs.mkdirSync(compiled);
    fs.chownSync(compiled, NOBODY, NOBODY);
    fs.chownSync(own, NOBODY, NOBODY);
    process.kill(server.readyPids[0] as number, 'SIGKILL');
    await server.event('ready', { count: 2 });
    expect((await server.event('no-compile-cache')).msg).toContain(`${own} belongs to uid ${NOBODY}`);
    expect(fs.readdirSync(compiled)).toEqual([]);
  },
);

(canChown ? test : test.skip)(
  'a directory that another user has made first gets neither cache nor control socket',
  async () => {
    const own = path.join(directory, `tshorn-${process.geteuid?.()}`);
    fs.mkdirSync(own);
    fs.chownSync(own, NOBODY, NOBODY);
    const server = await startInTmp();
    expect((await server.event('no-control')).msg).toContain(`${own} belongs to uid ${NOBODY}`);
    if (canCache) await server.event('no-compile-cache');
    expect(fs.readdirSync(own)).toEqual([]);
  },
);
