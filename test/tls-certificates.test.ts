/** Certificates are exchanged in all workers at once, and no handshake fails or shows an old one again. */
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { authority, type Made } from './support/certificates.ts';
import { socketOf } from './support/control.ts';
import { TEST_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { Handshakes, handshake, isHeld } from './support/handshakes.ts';
import { ask } from './support/load.ts';
import { brief, thorough, times } from './support/long.ts';
import { run } from './support/run.ts';
import { handshakeLoad, hasOpenssl } from './support/s-time.ts';
import { fixture, type ServerOptions, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const root = authority();
const ca = root.cert;
const issue = (): Made => root.issue({ names: ['localhost', '127.0.0.1'] });
const serialOf = ({ cert }: Made): string => new X509Certificate(cert).serialNumber;

const start = async ({ args = [], ...more }: ServerOptions = {}, first = issue()) => {
  const flags = first.write(directory);
  const hello = fixture('says-hello.mjs');
  const server = await startServer(hello, { workers: 2, ...more, args: [...flags, ...args] });
  return { server, first };
};

/** Puts another pair into the place of the first one, file by file. */
const replace = (next = issue()): Made => {
  next.write(directory);
  return next;
};

/** What every worker shows. */
async function shown({ port }: TestServer): Promise<string[]> {
  const all = await Promise.all(Array.from({ length: 16 }, () => handshake({ port, ca })));
  return [...new Set(all)];
}

const get = (port: number, agent: https.Agent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca, agent };
    https
      .get(options, (response) => response.resume().once('end', () => resolve(response.statusCode)))
      .once('error', reject);
  });

test('a certificate that expires soon is told; files that change are used without a reload; connections that are open stay', async () => {
  const { server } = await start({}, root.issue({ names: ['localhost'], from: -80, days: 85 }));
  expect((await server.event('certificate-expires')).msg).toMatch(
    /^the certificate of localhost expires in [45] days, on \S+: renew \S+server\.pem/,
  );
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  expect(await get(server.port, agent)).toBe(200);
  const next = replace();
  const line = await server.event('certificates-swapped');
  expect(line.msg).toMatch(/^certificates swapped in \d+ms: localhost and 1 more \(until \d{4}-\d\d-\d\d\)$/);
  expect(await shown(server)).toEqual([serialOf(next)]);
  expect(await get(server.port, agent)).toBe(200);
  expect(Object.values(agent.sockets).length + Object.values(agent.freeSockets).length).toBe(1);
  agent.destroy();
  expect(server.of('reload-started')).toEqual([]);
  expect(server.readyPids).toHaveLength(2);
});

thorough('a link that leads elsewhere is a new certificate, as certbot and Kubernetes have it', async () => {
  const [one, two] = [issue(), issue()];
  const place = (made: Made, name: string) => {
    const at = path.join(directory, name);
    fs.mkdirSync(at);
    made.write(at);
    return at;
  };
  place(one, 'archive-1');
  const archive = place(two, 'archive-2');
  const live = path.join(directory, 'live');
  fs.symlinkSync('archive-1', live);
  const files = ['--certfile', path.join(live, 'server.pem'), '--keyfile', path.join(live, 'server.key')];
  const server = await startServer(fixture('says-hello.mjs'), { args: files });
  expect(await shown(server)).toEqual([serialOf(one)]);
  fs.symlinkSync(archive, `${live}.next`);
  fs.renameSync(`${live}.next`, live);
  await server.event('certificates-swapped');
  expect(await shown(server)).toEqual([serialOf(two)]);
});

test('HUP: a bad file keeps the old certificate and not the reload; the next good file is used', async () => {
  const { server, first } = await start();
  fs.writeFileSync(path.join(directory, 'server.pem'), issue().cert);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  const refused = await server.event('certificates-refused');
  expect(refused.msg).toMatch(/^certificates refused: keyfile: \S+server\.key is not the key of certfile/);
  expect(refused.msg).toContain('the ones that serve stay: localhost');
  expect(await shown(server)).toEqual([serialOf(first)]);
  const expired = root.issue({ names: ['localhost'], from: -9, days: 3 });
  replace(expired);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await server.event('certificates-refused', { count: 2 });
  expect(server.of('certificates-refused').at(-1)?.msg).toContain('has expired on');
  const next = replace();
  await server.event('certificates-swapped');
  expect(await shown(server)).toEqual([serialOf(next)]);
});

test('one that has expired, or is not valid yet, hinders no other; each refusal is logged, and told by reload and status', async () => {
  const expired = root.issue({ names: ['old.example'], from: -30, days: 20 }).write(directory, 'old');
  const future = root.issue({ names: ['new.example'], from: 5 }).write(directory, 'new');
  const { server, first } = await start({ args: [...expired, ...future] });
  expect((await server.event('certificate-expires')).msg).toContain('has expired on');
  expect((await server.event('certificate-not-yet-valid')).msg).toContain('is not valid before');
  const next = replace();
  await server.event('certificates-swapped');
  expect(await shown(server)).toEqual([serialOf(next)]);
  expect(server.of('certificates-refused')).toEqual([]);
  first.write(directory);
  await server.event('certificates-swapped', { count: 2 });
  const control = await socketOf(server);
  for (const count of [1, 2]) {
    fs.writeFileSync(path.join(directory, 'server.pem'), `${first.cert}-----BEGIN CERTIFICATE-----\nAA`);
    const reload = await run(['reload', '--control', control]);
    expect(reload).toMatchObject({
      code: 0,
      text: expect.stringMatching(/refused: certfile: \S+ is cut off/),
    });
    await server.event('certificates-refused', { count });
    const { text } = await run(['status', '--control', control]);
    expect(text).toMatch(/tls refused +certfile: \S+server\.pem is cut off/);
  }
  first.write(directory);
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect((await run(['status', '--control', control])).text).not.toContain('tls refused');
  // Besides, the watch of the files tells by itself after some seconds.
  expect(server.of('certificates-refused').length).toBeGreaterThanOrEqual(2);
});

const SWAP_SECONDS = times('SWAP_SECONDS', 2, 20);
/** Clients that note what they are shown; the programs beside them only shake hands, at a fifth of the cost. */
const WATCHING = times('SWAP_CLIENTS', 16, 4);
const PROGRAMS = hasOpenssl ? times('SWAP_PROGRAMS', 0, 4) : 0;

test(
  `swaps and reloads under handshakes for ${SWAP_SECONDS} s: none fails, and no old certificate comes back`,
  async () => {
    const { server, first } = await start();
    const handshakes = new Handshakes({ port: server.port, ca, clients: WATCHING });
    handshakes.expect(serialOf(first));
    handshakes.begin();
    const load = handshakeLoad(server.port, SWAP_SECONDS, PROGRAMS);
    const until = performance.now() + SWAP_SECONDS * 1_000;
    let swaps = 0;
    while (performance.now() < until && handshakes.failures.length === 0) {
      await handshakes.flow(50);
      const next = issue();
      handshakes.expect(serialOf(next));
      const reload = swaps % 5 === 4 ? server.reload() : undefined;
      replace(next);
      await server.event('certificates-swapped', { count: ++swaps });
      await reload;
    }
    await handshakes.flow(50);
    await handshakes.end();
    const { handshakes: beside, failures } = await load;
    const rate = Math.round((handshakes.shown.length + beside) / SWAP_SECONDS);
    console.info(
      `${handshakes.shown.length} handshakes, and ${beside} of OpenSSL's client, ${rate}/s; ${swaps} swaps in ${SWAP_SECONDS} s`,
    );
    expect([...handshakes.failures, ...failures]).toEqual([]);
    // A worker that stood still for two seconds is not waited for.
    const wasLate = server.of('certificates-swapped').some(({ silent }) => silent);
    if (!wasLate) expect(handshakes.flips).toEqual([]);
    expect(new Set(handshakes.shown.map(({ age }) => age)).size).toBe(swaps + 1);
  },
  TEST_MS + SWAP_SECONDS * 1_000,
);

thorough('a worker that hangs is not waited for, and shows the new one when it goes on', async () => {
  const { server } = await start();
  const [hung] = server.readyPids as [number];
  process.kill(hung, 'SIGSTOP');
  const next = replace();
  const line = await server.event('certificates-swapped');
  process.kill(hung, 'SIGCONT');
  expect(line).toMatchObject({ silent: 1 });
  expect((await shown(server)).at(-1)).toBe(serialOf(next));
});

/**
 * Begins handshakes until one waits for a swap, which has to wait for a worker that stands still. It is given up after two
 * seconds, which may be too short here: then there is another swap.
 * @returns what all of them are shown, the one that waits last
 */
async function untilHeld(server: TestServer, stopped: number, first: Made) {
  for (let before = first; ; ) {
    const count = server.of('certificates-swapped').length + 1;
    process.kill(stopped, 'SIGSTOP');
    const next = replace();
    const serials: Promise<string>[] = [];
    while (server.of('certificates-swapped').length < count) {
      const one = handshake({ port: server.port, ca });
      serials.push(one);
      if (await isHeld(one)) return { serials, before, next };
    }
    process.kill(stopped, 'SIGCONT');
    await Promise.all(serials);
    before = next;
  }
}

test('while one worker has not answered, no other one shows the new certificate, or the old one', async () => {
  const { server, first } = await start();
  const [busy] = server.readyPids as [number];
  const { serials, before, next } = await untilHeld(server, busy, first);
  process.kill(busy, 'SIGCONT');
  await server.until('the new one', () => server.of('certificates-swapped').length > 0);
  const all = await Promise.all(serials);
  expect(all.at(-1)).toBe(serialOf(next));
  expect(all.slice(0, -1).every((serial) => serial === serialOf(before))).toBe(true);
  expect(await shown(server)).toEqual([serialOf(next)]);
});

thorough('the master is killed while handshakes wait: they go on with what the workers have', async () => {
  const { server, first } = await start();
  const [stopped] = server.readyPids as [number];
  const { serials, before } = await untilHeld(server, stopped, first);
  process.kill(server.pid, 'SIGKILL');
  process.kill(stopped, 'SIGCONT');
  expect(new Set(await Promise.all(serials))).toEqual(new Set([serialOf(before)]));
});

function session(port: number, from?: Buffer, more = {}): Promise<{ session: Buffer; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const resume = from && { session: from };
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...resume, ...more });
    socket.once('error', reject);
    // A connection that resumes is sent no ticket.
    let ticket = from;
    socket.on('session', (session) => {
      ticket = session;
    });
    socket.once('data', () => {
      if (ticket) resolve({ session: ticket, reused: socket.isSessionReused() });
      socket.end();
    });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}

brief('sessions resume in every worker, after a reload, and after a re-exec', async () => {
  const { server } = await start();
  let { session: ticket, reused } = await session(server.port);
  expect(reused).toBe(false);
  const resumes = async () => {
    for (let count = 0; count < 8; count++) {
      ({ session: ticket, reused } = await session(server.port, ticket));
      expect(reused).toBe(true);
    }
  };
  await resumes();
  await server.reload();
  await resumes();
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  await resumes();
});

test('sessions of an app that serves HTTPS by itself resume in every worker, and after a reload', async () => {
  const server = await startServer(fixture('serves-https.mjs'), { workers: 2 });
  const trusting = { rejectUnauthorized: false };
  let { session: ticket, reused } = await session(server.port, undefined, trusting);
  const resumes = async () => {
    for (let count = 0; count < 6; count++) {
      ({ session: ticket, reused } = await session(server.port, ticket, trusting));
      expect(reused).toBe(true);
    }
  };
  await resumes();
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await resumes();
});

brief('plain HTTP is sent on to https, across a reload', async () => {
  const bind = ['--bind', 'https://127.0.0.1:0', '--redirect-http', '127.0.0.1:0', '--workers', '2'];
  const { server } = await start({ bare: true, args: bind });
  const plain = server.of('listening').find(({ redirect }) => redirect)?.port as number;
  const redirected = async () => {
    const { status, headers } = await ask(
      { port: plain },
      { path: '/a?b=c', headers: { host: `127.0.0.1:${plain}` } },
    );
    expect([status, headers.location]).toEqual([308, `https://127.0.0.1:${server.port}/a?b=c`]);
  };
  await redirected();
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  await redirected();
  expect((await ask({ port: plain }, { path: '/', headers: { host: 'a/b' } })).status).toBe(400);
});
