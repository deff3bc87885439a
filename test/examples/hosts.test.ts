/** The files of examples/hosts are what their engines take for right, and start tshorn by options that it has. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { directory, ownDirectory } from '../support/directory.ts';
import { HAProxy, hasHAProxy } from '../support/haproxy.ts';
import { ask } from '../support/load.ts';
import { isLong, thorough } from '../support/long.ts';
import { run } from '../support/run.ts';
import { root } from '../support/server.ts';

const HOSTS = path.join(root, 'examples/hosts');
const read = (name: string): string => fs.readFileSync(path.join(HOSTS, name), 'utf8');

ownDirectory();
const open: { close(): unknown }[] = [];
let proxy: HAProxy | undefined;
afterEach(async () => {
  await proxy?.end();
  for (const server of open.splice(0)) server.close();
});

/** Writes the example into the directory of the test, with one text in place of another. */
function copy(name: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  const file = path.join(directory, path.basename(name));
  fs.writeFileSync(
    file,
    changes.reduce((text, [from, to]) => text.replaceAll(from, to), read(name)),
  );
  return file;
}

const has = (program: string): boolean => spawnSync(program, ['-v']).error === undefined;
const withProgram = (program: string) => (isLong && has(program) ? test : test.skip);

/** The program says nothing against the file. */
function expectValid(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  expect([status, `${stdout}${stderr}`]).toEqual([0, expect.not.stringMatching(/warn|alert|error/i)]);
}

const withHAProxy = isLong && hasHAProxy ? test : test.skip;
const shares = (): string => {
  const file = path.join(directory, 'share.map');
  fs.writeFileSync(file, 'green 0\n');
  return file;
};

withHAProxy.each(['agent-check.cfg', 'httpchk.cfg', 'blue-green.cfg'])('HAProxy takes %s', (name) => {
  expectValid('haproxy', '-c', '-f', copy(`haproxy/${name}`, [['/etc/haproxy/share.map', shares()]]));
});

withProgram('nginx')('nginx takes nginx.conf', () => {
  expectValid('nginx', '-t', '-c', path.join(HOSTS, 'nginx/nginx.conf'));
});

withProgram('shellcheck')('shellcheck finds nothing in rolling-release.sh', () => {
  expectValid('shellcheck', '-s', 'sh', path.join(HOSTS, 'rolling-release.sh'));
});

withProgram('systemd-analyze')('systemd takes the drop-in', () => {
  const service = fs
    .readFileSync(path.join(root, 'examples/systemd/with-verdict/tshorn.service'), 'utf8')
    .replaceAll('/usr/local/bin/tshorn', process.execPath);
  fs.mkdirSync(path.join(directory, 'tshorn.service.d'));
  fs.writeFileSync(path.join(directory, 'tshorn.service'), service);
  fs.copyFileSync(path.join(root, 'examples/systemd/tshorn.socket'), path.join(directory, 'tshorn.socket'));
  const dropIn = read('systemd/behind-a-balancer.conf').replaceAll('/usr/local/bin/tshorn', process.execPath);
  fs.writeFileSync(path.join(directory, 'tshorn.service.d/behind-a-balancer.conf'), dropIn);
  const { status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', path.join(directory, 'tshorn.service')],
    { encoding: 'utf8' },
  );
  expect([status, stderr.split('\n').filter((line) => line.includes('tshorn'))]).toEqual([0, []]);
});

/** Command lines of tshorn: those in comments at the beginning of a configuration, and what manifests start. */
const commandLines = (): string[][] => [
  ...['haproxy/agent-check.cfg', 'haproxy/httpchk.cfg', 'nginx/nginx.conf', 'envoy/envoy.yaml'].map((name) =>
    (/^# {3}tshorn (.*)$/m.exec(read(name))?.[1] ?? '').split(' '),
  ),
  (/args:\s*\[\s*\S+tshorn,([^\]]*)\]/.exec(read('kubernetes/app.yaml'))?.[1] ?? '')
    .replaceAll(/['"\s]/g, '')
    .split(',')
    .filter(Boolean),
  (/^ExecStart=\S+ (.*)$/m.exec(read('systemd/behind-a-balancer.conf'))?.[1] ?? '').split(' '),
];

thorough('the examples start tshorn by options that it has', async () => {
  fs.writeFileSync(
    path.join(directory, 'app.js'),
    'module.exports = (_request, response) => response.end();',
  );
  for (const args of commandLines()) {
    expect(args[0]).toBe('app.js');
    const there = args.map((each) => each.replace('/srv/app/current', directory));
    expect(await run([...there, '--check-config'], { cwd: directory })).toMatchObject({ code: 0 });
  }
});

async function listen(server: net.Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

const answers = (name: string): Promise<string> =>
  listen(http.createServer((_request, response) => response.end(name)));

/** The example on sockets of the test, without its checks. */
async function blueGreen(): Promise<{ socketPath: string }> {
  const [web1, web2, web3] = await Promise.all(['blue', 'blue', 'green'].map(answers));
  const [stats, socketPath] = [path.join(directory, 'stats'), path.join(directory, 'web')];
  const file = copy('haproxy/blue-green.cfg', [
    ['/run/haproxy/admin.sock', stats],
    ['/etc/haproxy/share.map', shares()],
    ['log /dev/log local0', ''],
    [/^ {2}(default-server|option httpchk).*$/gm, ''],
    ['bind :80', `bind unix@${socketPath}`],
    ...Object.entries({ web1, web2, web3 })
      .map(([name, address]) => [new RegExp(`server ${name} .*`), `server ${name} ${address}`] as const)
      .map(([from, to]) => [new RegExp(from, 'g'), to] as const),
  ]);
  proxy = await HAProxy.run(file, stats, (command) => command);
  return { socketPath };
}

withHAProxy('the share of green is changed while HAProxy runs', async () => {
  const target = await blueGreen();
  const green = async (share: number): Promise<number> => {
    expect(await proxy?.command(`set map ${path.join(directory, 'share.map')} green ${share}`)).toBe('');
    let count = 0;
    for (let n = 0; n < 200; n++) count += (await ask(target, { path: '/' })).body === 'green' ? 1 : 0;
    return count;
  };
  expect(await green(0)).toBe(0);
  // 200 times 25 % is 50; that it is 15 or 95 has a chance of less than one in a thousand million.
  const some = await green(25);
  expect(some).toBeGreaterThan(15);
  expect(some).toBeLessThan(95);
  expect(await green(100)).toBe(200);
});

withHAProxy('the next answer of an agent undoes `set weight`, without an agent it stays', async () => {
  const agent = await listen(
    net.createServer((socket) => socket.on('error', () => {}).end('up ready 100%\n')),
  );
  const app = await answers('app');
  proxy = await HAProxy.start(directory, [
    `server a ${app} weight 100 check agent-check agent-inter 50ms agent-addr 127.0.0.1 agent-port ${agent.split(':')[1]}`,
    `server b ${app} weight 100 check`,
  ]);
  await proxy.sees('a', 'UP');
  for (const name of ['a', 'b']) expect(await proxy.command(`set weight servers/${name} 10%`)).toBe('');
  await proxy.until('the whole weight', async () => (await proxy?.server('a'))?.weight === '100');
  expect(await proxy.server('b')).toMatchObject({ weight: '10' });
});
