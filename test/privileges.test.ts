/** Whom the workers run as, and what they are not told. */
import fs from 'node:fs';
import module from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { run } from './support/run.ts';
import { fixture, root, startServer, TestServer } from './support/server.ts';

/** A user that exists on every Linux and macOS. */
const nobody = fs
  .readFileSync('/etc/passwd', 'utf8')
  .split('\n')
  .map((line) => line.split(':'))
  .find(([name]) => name === 'nobody');
const [uid, gid] = [Number(nobody?.[2]), Number(nobody?.[3])];
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const asRoot = isRoot ? describe : describe.skip;
const app = fixture('tells-privileges.mjs');

ownDirectory();
beforeEach(() => {
  fs.chmodSync(directory, 0o755);
});

const answer = async ({ port }: TestServer, asked = '/') =>
  JSON.parse((await ask({ port }, { path: asked, agent: false })).body);

/** A line of /proc/PID/status, as the kernel has it. */
const kernel = (pid: number, name: string): string =>
  new RegExp(`^${name}:[\\t ]*(.*?)\\s*$`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ??
  '';

/** Only root may have it. */
async function privilegedPort(): Promise<number> {
  for (let port = 1023; port > 600; port--) {
    const server = net.createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no port below 1024 is free');
}

asRoot('--user, under a master that is root', () => {
  test('the master binds a privileged port, and its workers have the rights of that user and no others', async () => {
    const port = await privilegedPort();
    const args = ['--user', 'nobody', '--umask', '027'];
    const server = await startServer(app, { workers: 2, bind: `127.0.0.1:${port}`, args });
    const four = (id: number) => Array(4).fill(id).join('\t');
    const look = () => {
      for (const pid of server.readyPids) {
        expect(kernel(pid, 'Uid')).toBe(four(uid));
        expect(kernel(pid, 'Gid')).toBe(four(gid));
        expect(kernel(pid, 'Groups')).toBe('');
        expect(kernel(pid, 'CapEff')).toMatch(/^0+$/);
        expect(kernel(pid, 'Umask')).toBe('0027');
      }
    };
    look();
    expect(kernel(server.pid, 'Uid')).toBe(four(0));
    expect(kernel(server.pid, 'Umask')).not.toBe('0027');
    expect(await answer(server)).toMatchObject({
      uid,
      gid,
      env: { HOME: nobody?.[5], USER: 'nobody', LOGNAME: 'nobody' },
    });
    expect(server.of('workers-are-root')).toEqual([]);
    // Those that come later, too.
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
    const from = server.lines.length;
    process.kill(server.readyPids[0] as number, 'SIGKILL');
    await server.event('ready', { from });
    expect(server.readyPids).toHaveLength(2);
    look();
    expect(await server.stop()).toBe(0);
  });

  test('numbers do as well, and --group takes the place of the user’s own', async () => {
    const server = await startServer(app, { args: ['--user', '54321', '--group', '54322'] });
    const told = await answer(server);
    expect(told).toMatchObject({ uid: 54_321, gid: 54_322, env: { HOME: '/' } });
    expect(told.names).not.toContain('USER');
  });

  test('the file of a unix socket is that user’s, the control socket the master’s alone', async () => {
    const [socket, control] = [path.join(directory, 'app.sock'), path.join(directory, 'control.sock')];
    const args = ['--user', 'nobody', '--control', control];
    const server = await startServer(app, { bind: `unix:${socket}`, args });
    await server.event('control');
    expect(fs.statSync(socket)).toMatchObject({ uid, gid, mode: 0o140660 });
    expect(fs.statSync(control)).toMatchObject({ uid: 0, gid: 0, mode: 0o140600 });
    const { body } = await ask({ socketPath: socket }, { path: '/' });
    expect(JSON.parse(body).uid).toBe(uid);
  });

  ('enableCompileCache' in module ? test : test.skip)(
    'what is compiled lies in a directory that only that user can write to or look into',
    async () => {
      const env = {
        CACHE_DIRECTORY: directory,
        NODE_COMPILE_CACHE: undefined,
        NODE_DISABLE_COMPILE_CACHE: undefined,
      };
      await startServer(app, { args: ['--user', 'nobody'], env });
      const shared = path.join(directory, 'tshorn-users');
      expect(fs.statSync(shared)).toMatchObject({ uid: 0, mode: 0o040711 });
      const [release] = fs.readdirSync(shared);
      expect(release).toMatch(new RegExp(`^${uid}-`));
      expect(fs.statSync(path.join(shared, release as string))).toMatchObject({ uid, gid, mode: 0o040700 });
      expect(fs.readdirSync(path.join(shared, release as string))).not.toEqual([]);
    },
  );

  test('a release that the user cannot read is told before a worker starts, and refused by a reload', async () => {
    const own = path.join(directory, 'app.mjs');
    fs.copyFileSync(app, own);
    const server = await startServer(own, { args: ['--user', 'nobody'] });
    fs.chmodSync(own, 0o600);
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'refused', serving: 1 });
    expect(verdict.reason).toContain(`nobody cannot read ${own}`);
    fs.chmodSync(own, 0o644);
    fs.chmodSync(directory, 0o700);
    const { code, text } = await run([own, '--user', 'nobody', '--bind', '127.0.0.1:0']);
    expect(text).toContain(`--user: nobody cannot read ${own}`);
    expect(text).toContain(`${directory} is closed to that user`);
    expect(code).toBe(2);
  });

  test('nor does the master open for a worker what that user may not have', async () => {
    const socket = path.join(directory, 'own.sock');
    const args = ['--user', 'nobody', '--', socket, String(await privilegedPort())];
    const server = await startServer(fixture('wants-more.mjs'), { args });
    expect(await answer(server)).toEqual({
      path: 'EACCES',
      fd: 'EACCES',
      privileged: 'EACCES',
      free: 'listening',
    });
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('tshorn check boots its worker as that user', async () => {
    const { code, text } = await run(['check', fixture('refuses-root.mjs'), '--user', 'nobody']);
    expect(text).toContain('ok:');
    expect(code).toBe(0);
  });

  test.each([
    ['an unknown user', ['--user', 'no-such-user'], 'has no user of that name'],
    ['an unknown group', ['--user', 'nobody', '--group', 'no-such-group'], 'has no group of that name'],
    ['a number without a group', ['--user', '54321'], 'name the group with --group'],
  ])('%s is told in a sentence, with a fix', async (_, args, expected) => {
    const { code, text } = await run([app, ...args, '--bind', '127.0.0.1:0']);
    expect(text).toContain(expected);
    expect(text).toContain('fix: ');
    expect(code).toBe(2);
  });

  test('who is not root cannot become somebody else, and need not become who he is', async () => {
    const config = { uid, env: { HOME: '/', TSHORN_CONTROL: '' } };
    const { code, text } = await run([app, '--user', 'root', '--bind', '127.0.0.1:0'], config);
    expect(text).toContain('only root can start workers as another user');
    expect(code).toBe(2);
    // The group stays root's here: only the same user and the same group are the same.
    expect((await run(['check', app, '--user', String(uid), '--group', '0'], config)).code).toBe(0);
  });

  test('workers that run as root are warned of once, and not where that is meant', async () => {
    const server = await startServer(app, { workers: 2 });
    await server.reload();
    expect(server.of('workers-are-root')).toHaveLength(1);
    expect((await startServer(app, { args: ['--user', 'root'] })).of('workers-are-root')).toEqual([]);
  });
});

describe('what is the master’s alone', () => {
  const MASTERS = ['TSHORN_CONTROL', 'TSHORN_GRACE', 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'LISTEN_FDNAMES'];

  test('its options and what systemd tells it reach neither the app nor the processes that it starts', async () => {
    const env = {
      TSHORN_CONTROL: path.join(directory, 'control.sock'),
      TSHORN_GRACE: '5s',
      NOTIFY_SOCKET: path.join(directory, 'nobody-listens'),
      WATCHDOG_USEC: '60000000',
      LISTEN_FDNAMES: 'http',
      APP_SECRET: 'yes',
    };
    const server = await startServer(app, { env });
    for (const asked of ['/', '/child']) {
      const { names } = await answer(server, asked);
      expect(names).toContain('APP_SECRET');
      for (const name of [...MASTERS, 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID']) expect(names).not.toContain(name);
      expect(names.filter((name: string) => name.startsWith('TSHORN_')).sort()).toEqual([
        'TSHORN_RELEASE',
        'TSHORN_SLOT',
      ]);
    }
  });

  test('of an environment file they are the app’s', async () => {
    fs.writeFileSync(path.join(directory, '.env'), 'TSHORN_WORKERS=7\n');
    const server = await startServer(app, { args: ['--environment-file', path.join(directory, '.env')] });
    expect((await answer(server)).names).toContain('TSHORN_WORKERS');
  });

  (process.platform === 'linux' ? test : test.skip)(
    'the arguments of a worker say what it is and nothing else',
    async () => {
      const server = new TestServer(app, { args: ['--', '--password=secret'] });
      await server.started();
      const [pid] = server.readyPids;
      const text = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', '').trim();
      expect(text).toBe('tshorn: worker=0 gen=1');
      expect(text).not.toContain(root);
    },
  );
});
