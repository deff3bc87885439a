/** `tshorn doctor`: faults planted in the machine, its limits and what runs on it are found. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { socketOf } from './support/control.ts';
import { behind, doctor, place } from './support/doctor.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
const canUnshare = isRoot && spawnSync('unshare', ['-mnpf', '--mount-proc', 'true']).status === 0;
const asRoot = isRoot ? test : test.skip;
/** Docker lets every user of a container bind each port. */
const LOWEST = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const hasLowPorts = isRoot && (!fs.existsSync(LOWEST) || Number(fs.readFileSync(LOWEST, 'utf8')) > 80);
const inNamespace = canUnshare ? test : test.skip;

const its = (name: string) => fixture(`doctor/${name}`);
const WELL = its('is-well.mjs');
const { directory, env, write } = place();
let onEnd = () => {};
afterEach(async () => {
  onEnd();
  onEnd = () => {};
  await endServers();
});

describe('what runs on this machine', () => {
  test('the address is in use, and by whom', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const { found } = await doctor([WELL, '--bind', address], { env: env() });
    server.close();
    expect(found['address-in-use']).toMatch(new RegExp(`^error ${address}: .*, pid ${process.pid}$`));
  });

  test('a master of ours beside: left over, started by npm, and the address is its', async () => {
    const app = write('old/app.mjs', fs.readFileSync(WELL, 'utf8'));
    const server = await startServer(app, {
      env: env(),
      cwd: path.dirname(app),
      through: (command) => [process.execPath, its('npm-cli.cjs'), ...command],
    });
    const control = await socketOf(server);
    const dead = path.join(path.dirname(control), '1.sock');
    await leaveSocket(dead);
    fs.rmSync(path.dirname(app), { recursive: true });
    const pid = path.basename(control, '.sock');
    // npm gets the signals of the test.
    onEnd = () => void process.kill(Number(pid), 'SIGTERM');
    const { found, findings } = await doctor([WELL, '--bind', `127.0.0.1:${server.port}`], { env: env() });
    expect(found).toMatchObject({
      'address-in-use': `note 127.0.0.1:${server.port}: a tshorn master, pid ${pid}`,
      'leftover-master': expect.stringMatching(
        new RegExp(`^warning .*pid ${pid} on .*: .*/old/app.mjs is gone`),
      ),
      'started-by-npm': expect.stringMatching(new RegExp(`^warning .*pid ${pid}, by .*npm-cli.cjs`)),
      'stale-sockets': expect.stringMatching(new RegExp(`^note .*${dead}`)),
    });
    expect(findings.find(({ id }) => id === 'leftover-master')?.mend).toContain(`tshorn stop ${pid}`);
    // The doctor has touched nothing.
    expect([fs.existsSync(dead), (await fetch(server.origin)).status]).toEqual([true, 200]);
  });
});

/** As a killed master leaves it. */
async function leaveSocket(file: string): Promise<void> {
  const server = net.createServer().listen(`${file}.new`);
  await once(server, 'listening');
  fs.renameSync(`${file}.new`, file);
  await new Promise((resolve) => server.close(resolve));
}

/** A group below that of the machine; version 1, as each controller has a tree of its own there. */
const groupOf = (controller: string, name: string) => `/sys/fs/cgroup/${controller}/${name}`;
const canGroup = isRoot && ['cpu', 'memory'].every((at) => isWritable(`/sys/fs/cgroup/${at}/cgroup.procs`));

/** False for a file of a read-only file system too, such as that of a container. */
function isWritable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

(canGroup ? test : test.skip)('control groups: more workers than CPUs, heaps beyond the memory', async () => {
  const name = path.basename(directory());
  const limits: [string, string, string][] = [
    ['cpu', 'cpu.cfs_quota_us', '100000'],
    ['memory', 'memory.limit_in_bytes', String(1024 ** 3)],
  ];
  try {
    for (const [controller, file, limit] of limits) {
      fs.mkdirSync(groupOf(controller, name));
      fs.writeFileSync(path.join(groupOf(controller, name), file), limit);
    }
    const enter = limits
      .map(([controller]) => `echo $$ > ${groupOf(controller, name)}/cgroup.procs`)
      .join('\n');
    const args = [WELL, '--bind', '127.0.0.1:0', '--workers', '4'];
    const { found, findings } = await doctor(args, { env: env(), through: behind(enter) });
    expect(found).toMatchObject({
      'workers-above-cpus': 'warning 4 workers, and a CPU quota of 1',
      'heap-limit': expect.stringMatching(/^warning 4 workers .*; the control group allows 1024 MB$/),
    });
    const heap = findings.find(({ id }) => id === 'heap-limit')?.mend ?? '';
    const mended = await doctor(
      [...args, '--workers', '1', '--node-options', /'(.*)'/.exec(heap)?.[1] ?? ''],
      {
        env: env(),
        through: behind(enter),
      },
    );
    expect(mended.found).not.toHaveProperty('heap-limit');
    expect(mended.found).not.toHaveProperty('workers-above-cpus');
  } finally {
    for (const [controller] of limits) fs.rmdirSync(groupOf(controller, name));
  }
});

describe('limits', () => {
  test('few open files', async () => {
    const { found } = await doctor([WELL, '--bind', '127.0.0.1:0'], {
      env: env(),
      through: behind('ulimit -n 512'),
    });
    expect(found['open-files']).toMatch(/^warning ulimit -n 512/);
  });

  asRoot('a user without rights: low port, processes, log and cache that are closed to it', async () => {
    fs.chmodSync(directory(), 0o755);
    const closed = path.join(directory(), 'closed');
    fs.mkdirSync(closed, { mode: 0o755 });
    const more = { CACHE_DIRECTORY: closed, TSHORN_USER: '' };
    const args = [WELL, '--bind', '127.0.0.1:80', '--workers', '30', '--log-file', path.join(closed, 'log')];
    const { found } = await doctor(args, {
      env: { ...env(), ...more },
      uid: NOBODY,
      through: (command) => ['prlimit', '--nproc=200', ...command],
    });
    expect(found).toMatchObject({
      ...(hasLowPorts && { 'low-port': expect.stringMatching(/^error 127.0.0.1:80; ports below \d+/) }),
      processes: expect.stringMatching(/^error ulimit -u 200; 30 workers/),
      'log-file': expect.stringMatching(/may not write it$/),
      'compile-cache': expect.stringMatching(/^note this user may not write .*closed/),
    });
  });

  asRoot('root without --user, and a user who cannot read the app', async () => {
    const app = write('app.mjs', fs.readFileSync(WELL, 'utf8'));
    expect((await doctor([WELL], { env: { ...env(), TSHORN_USER: '' } })).found.root).toMatch(
      /^warning uid 0/,
    );
    const { found } = await doctor([app, '--user', String(NOBODY), '--group', String(NOBODY)], {
      env: env(),
    });
    expect(found.user).toMatch(/^error --user: .* cannot/);
    expect(found['app-start']).toBeUndefined();
  });

  inNamespace(
    'no IPv6, a full disk, a temporary directory without programs, a shell as PID 1, an old systemd',
    async () => {
      const small = path.join(directory(), 'small');
      fs.mkdirSync(small);
      const before = [
        `mount -t tmpfs -o size=1m,noexec none '${small}'`,
        // A systemd that runs, and is old.
        'mount -t tmpfs none /run && mkdir -p /run/systemd/system',
        `PATH='${path.dirname(write('systemctl', "#!/bin/sh\necho 'systemd 249 (249)'\n"))}':$PATH`,
      ].join('\n');
      fs.chmodSync(path.join(directory(), 'systemctl'), 0o755);
      const args = [WELL, '--bind', '[::]:8000', '--log-file', path.join(small, 'log')];
      const container = { ...env(), KUBERNETES_SERVICE_HOST: '10.0.0.1' };
      const { found } = await doctor(args, {
        env: { ...container, TMPDIR: small },
        // The shell stays PID 1 for what it runs.
        through: (command) => [
          'unshare',
          '-mnpf',
          '--mount-proc',
          'sh',
          '-c',
          `${before}\n"$@"\nexit $?`,
          'sh',
          ...command,
        ],
      });
      expect(found).toMatchObject({
        'ipv6-off': expect.stringMatching(/^error \[::\]:8000/),
        'log-space': expect.stringMatching(/^error 1 MB left/),
        tmp: expect.stringMatching(/^warning .*small has 1 MB left/),
        'pid-1-wrapper': expect.stringMatching(/^warning pid 1 is sh -c/),
        'systemd-version': 'note systemd 249; it came with 253',
      });
      const own = await doctor([WELL, '--bind', '127.0.0.1:0'], {
        env: container,
        through: (command) => ['unshare', '-pf', '--mount-proc', ...command],
      });
      expect(own.found['no-init']).toMatch(/^note pid 1 is .*node/);
    },
  );
});
