/** Real proxies, set up as docs/proxies.md has it, tell the address of their client. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { freePort } from './support/free-ports.ts';
import { hasHAProxy } from './support/haproxy.ts';
import { brief, isLong, times } from './support/long.ts';
import { fixture, root, startServer, type TestServer } from './support/server.ts';

ownDirectory();

/** Debian keeps this part of nginx in a package of its own, libnginx-mod-stream. */
const STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';
const hasNginx = spawnSync('nginx', ['-v']).status === 0 && fs.existsSync(STREAM);

/** The block of the page behind this mark, as it stands there. */
function snippet(mark: string): string {
  const page = fs.readFileSync(path.join(root, 'docs/proxies.md'), 'utf8');
  const [, block] = new RegExp(`<!-- ${mark} -->\n\`\`\`\\w+\n([^]*?)\`\`\``).exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/proxies.md has no block ${mark}`);
  return block;
}

/** With other ports than those of the page. */
const withPorts = (block: string, port: number, server: TestServer) =>
  block
    .replace('bind :80', `bind 127.0.0.1:${port}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('127.0.0.1:8000', `127.0.0.1:${server.port}`);

let proxy: ChildProcess | undefined;
let output = '';
afterEach(async () => {
  const child = proxy;
  proxy = undefined;
  if (!child || child.exitCode !== null) return;
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;
});

/** Resolves when the program accepts on this port. */
async function run(command: string, args: readonly string[], port: number): Promise<void> {
  output = '';
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  proxy = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  for (const end = Date.now() + DEADLINE_MS; ; await sleep(20)) {
    const socket = net.connect(port, '127.0.0.1');
    const accepts = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepts) return;
    if (child.exitCode !== null || Date.now() > end)
      throw new Error(`${command} does not listen:\n${output}`);
  }
}

interface Told {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
}

/** Asks from this address; what the app was told, and the port that was asked from. */
async function ask(
  port: number,
  localAddress: string,
  agent?: http.Agent,
): Promise<Told & { readonly port: number | undefined }> {
  const request = http.get({ port, host: '127.0.0.1', localAddress, ...(agent && { agent }) });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { localPort } = response.socket;
  return { ...JSON.parse(await text(response)), port: localPort };
}

const PROXIES = [
  {
    program: 'HAProxy',
    has: hasHAProxy,
    mode: 'v2',
    async begin(server: TestServer) {
      const port = await freePort();
      const file = path.join(directory, 'haproxy.cfg');
      fs.writeFileSync(file, withPorts(snippet('haproxy'), port, server));
      await run('haproxy', ['-db', '-f', file], port);
      return port;
    },
  },
  {
    program: 'nginx',
    has: hasNginx,
    mode: 'v1',
    async begin(server: TestServer) {
      const port = await freePort();
      const file = path.join(directory, 'nginx.conf');
      const own = [
        `load_module ${STREAM};`,
        'daemon off;',
        `pid ${directory}/nginx.pid;`,
        'error_log stderr;',
        'events {}',
      ];
      fs.writeFileSync(file, [...own, withPorts(snippet('nginx'), port, server)].join('\n'));
      await run('nginx', ['-p', directory, '-c', file], port);
      return port;
    },
  },
];

for (const { program, has, mode, begin } of PROXIES) {
  // In the short suite one of them will do: the page's other lines are its own, and the protocol is proxy-protocol.test.ts'.
  const isNow = has && (isLong || program === 'HAProxy');
  (isNow ? test : test.skip)(
    `${program} tells its clients, and reloads under load give none another address or an end`,
    async () => {
      const server = await startServer(fixture('tells-its-client.mjs'), {
        workers: 2,
        args: ['--proxy-protocol', mode, '--trusted-proxies', '127.0.0.1'],
      });
      const port = await begin(server);
      const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
      let isOver = false;
      let asked = 0;
      const clients = addresses.flatMap((address) =>
        [true, false].map(async (keepAlive) => {
          const agent = new http.Agent({ keepAlive, maxSockets: 1 });
          const ports = new Set<number | undefined>();
          while (!isOver) {
            const told = await ask(port, address, agent);
            expect(told).toMatchObject({ remoteAddress: address, remotePort: told.port, localPort: port });
            ports.add(told.port);
            asked++;
          }
          agent.destroy();
          // Nobody has closed it.
          if (keepAlive) expect(ports.size).toBe(1);
        }),
      );
      const all = Promise.all(clients);
      for (let n = 0; n < times('PROXY_RELOADS', 1, 3); n++) {
        expect(await Promise.race([server.reload(), all])).toMatchObject({ outcome: 'committed' });
      }
      const before = asked;
      while (asked < before + 20) await Promise.race([sleep(5), all]);
      isOver = true;
      await all;
      // A check of HAProxy's, and nothing else, may have closed a connection.
      expect(server.lines.filter(({ msg }) => msg.includes('PROXY header'))).toEqual([]);
      expect(output).not.toMatch(/DOWN|\[alert\]|\[crit\]/);
    },
  );
}

brief('the options for an NLB read the header that it sends', async () => {
  const [, ...options] = snippet('nlb')
    .trim()
    .split(/ +(?=--)/);
  const args = options
    .filter((option) => !option.startsWith('--bind'))
    .flatMap((option) => option.split(' '));
  expect(args).toEqual(['--proxy-protocol', 'v2', '--trusted-proxies', '10.0.0.0/16']);
  args[3] = '127.0.0.0/16';
  const server = await startServer(fixture('tells-its-client.mjs'), { args });
  const socket = net.connect(server.port, '127.0.0.1');
  // With the vector of its endpoint (0xEA) and padding (NOOP).
  const vectors = 'ea000e01766063652d303031323334353604000200ff'.replace('7660', '7670');
  const length = (12 + vectors.length / 2).toString(16).padStart(4, '0');
  const header = `0d0a0d0a000d0a515549540a2111${length}cb0071090a000001d93101bb${vectors}`;
  socket.write(Buffer.from(header, 'hex'));
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toContain('"remoteAddress":"203.0.113.9","remotePort":55601');
});
