/**
 * Clients with TLS of their own (Node's agent, undici, curl, OpenSSL, a browser) keep one connection each through reloads, one of
 * them rolled back: with each cipher suite that they can choose, fresh and resumed. RELOADS makes it longer.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { TEST_MS } from './support/deadline.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { eventually } from './support/eventually.ts';
import {
  chromium,
  curl,
  type HttpsProgram,
  hasChromium,
  hasCurl,
  nodeAgent,
  openssl,
  undici,
  type Wish,
} from './support/https-programs.ts';
import { isLong, times } from './support/long.ts';
import { hasOpenssl } from './support/s-time.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';
import { SUITES, TLS_ARGS, tlsTargets } from './support/tls-target.ts';

const RELOADS = times('RELOADS', 2, 5);
const KINDS = SUITES.length * 2;

ownDirectory();
const all: HttpsProgram[] = [];
afterEach(() => Promise.all(all.splice(0).map((program) => program.leave())));

const start = (): Promise<TestServer> =>
  startServer(fixture('tells-its-connection.mjs'), {
    workers: 2,
    args: [...TLS_ARGS, '--keep-alive-timeout', '600s'],
    env: { BREAK: path.join(directory, 'break') },
  });

/** Each cipher suite, fresh and resumed. */
async function wishes({ port }: TestServer): Promise<Wish[]> {
  const targets = await tlsTargets(port);
  return Array.from({ length: KINDS }, (_, at) => {
    const { ciphers, session } = targets(at).tls as ConnectionOptions;
    return { port, suite: ciphers, session };
  });
}

/** Resolves when each has had an answer of one of the workers that serve now. */
async function answeredNow(server: TestServer): Promise<void> {
  const pids = new Set(server.readyPids);
  const from = all.map(({ answers }) => answers.length);
  const waits = ({ answers, failures }: HttpsProgram, at: number) =>
    failures.length === 0 && !answers.slice(from[at]).some(({ pid }) => pids.has(pid));
  await eventually(
    'clients without an answer of a worker that serves now',
    () => all.filter(waits).length,
    (count) => count === 0,
  );
}

/** Reloads the server, and looks at what each client and the server say of the connections. */
async function keepThrough(server: TestServer): Promise<void> {
  const file = path.join(directory, 'break');
  await answeredNow(server);
  for (let at = 0; at < RELOADS; at++) {
    const isBad = at === 1;
    if (isBad) fs.writeFileSync(file, 'status-500@1');
    expect(await server.reload()).toMatchObject({ outcome: isBad ? 'rolled-back' : 'committed' });
    fs.rmSync(file, { force: true });
    await answeredNow(server);
  }
  const drains = server.of('drained');
  expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
  expect(drains.filter(({ refused }) => Object.keys(refused as object).length > 0)).toEqual([]);
  const moved = drains.reduce((sum, drain) => sum + (drain.moved as number), 0);
  expect(moved).toBeGreaterThanOrEqual(all.length * (RELOADS - 1));
  const seen = all.map(({ name, connects, failures, answers }) => ({
    name,
    connects,
    failures,
    ports: new Set(answers.map(({ port }) => port)).size,
    hasMoved: new Set(answers.map(({ pid }) => pid)).size >= RELOADS,
  }));
  const kept = { connects: 1, failures: [], ports: 1, hasMoved: true };
  expect(seen).toEqual(all.map(({ name }) => ({ name, ...kept })));
}

const PROGRAMS = { nodeAgent, undici, ...(hasCurl && { curl }), ...(hasOpenssl && { openssl }) };
const names = [...Object.keys(PROGRAMS), ...(isLong && hasChromium ? ['chromium'] : [])];
const missing = ['curl', 'openssl', ...(isLong ? ['chromium'] : [])].filter((name) => !names.includes(name));
const without = missing.length > 0 ? ` (without ${missing.join(' and ')}: not here)` : '';

test(
  `${names.join(', ')}: ${RELOADS} reloads, one of them rolled back, and no client connects again${without}`,
  async () => {
    const server = await start();
    const kinds = await wishes(server);
    const wished: Wish[] = [];
    for (const program of Object.values(PROGRAMS)) {
      all.push(...kinds.map((wish) => program(wish)));
      wished.push(...kinds);
    }
    if (names.includes('chromium')) {
      for (const { port, session } of kinds.slice(0, 2)) {
        all.push(await chromium({ port, session }));
        wished.push({ port, session });
      }
    }
    await keepThrough(server);
    for (const [at, { name, answers }] of all.entries()) {
      const { suite, session } = wished[at] as Wish;
      const isAsWished = answers.every(
        ({ cipher, isResumed }) =>
          (suite === undefined || cipher === suite) && isResumed === (session !== undefined),
      );
      expect([name, isAsWished]).toEqual([name, true]);
    }
  },
  TEST_MS + RELOADS * 15_000,
);
