/** The canary gate with real traffic: what it sees it takes back, within its budget of harm. */

import { rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brief, thorough } from './support/long.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

/** The budget of docs/canary.md, and the requests that may be in flight at the verdict. */
const BUDGET = 10;
const IN_FLIGHT = 10;

const breakFile = path.join(tmpdir(), `tshorn-canary-${process.pid}`);
afterEach(async () => {
  await endServers();
  rmSync(breakFile, { force: true });
});

const start = (...args: string[]) =>
  startServer(fixture('mixed.mjs'), {
    workers: 2,
    env: { BREAK: breakFile },
    args: ['--reload-plan', 'canary', '--soak', '100ms', ...args],
  });

/** Counted in what the master has seen until its verdict: on a busy machine clients go on for a moment. */
function expectWithinBudget({ reason }: LogLine): void {
  const [, bad] = /(\d+) of \d+ requests failed/.exec(String(reason)) ?? [];
  expect(Number(bad)).toBeLessThanOrEqual(BUDGET + IN_FLIGHT);
}

/** Clients that open a connection for each request, so that every worker gets its share. */
class Traffic {
  readonly statuses: number[] = [];
  readonly #running: Promise<void>[];
  #ended = false;

  constructor(server: TestServer, clients: number, pauseMs: number) {
    this.#running = Array.from({ length: clients }, async () => {
      while (!this.#ended) {
        this.statuses.push(await status(server.port));
        await sleep(pauseMs);
      }
    });
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#running);
  }

  get bad(): number {
    return this.statuses.filter((status) => status !== 200).length;
  }
}

const status = (port: number, agent: http.Agent | false = false) =>
  new Promise<number>((resolve) => {
    http
      .get({ port, agent }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      })
      .once('error', () => resolve(0));
  });

async function reloadUnder(server: TestServer, flaw: string | undefined) {
  if (flaw) writeFileSync(breakFile, flaw);
  const traffic = new Traffic(server, 8, 5);
  const verdict = await server.reload();
  await traffic.stop();
  return { verdict, traffic };
}

brief('a good one passes when its time is over, and the others follow', async () => {
  const server = await start('--canary-time', '4s');
  const { verdict, traffic } = await reloadUnder(server, undefined);
  expect(verdict).toMatchObject({ outcome: 'committed', replaced: 2 });
  expect(server.of('canary')).toMatchObject([{ verdict: 'pass', pass: true }]);
  expect(traffic.bad).toBe(0);
});

brief('one that only answers 500 is withdrawn within its budget', async () => {
  const server = await start('--canary-time', '60s');
  const before = server.readyPids;
  const { verdict, traffic } = await reloadUnder(server, 'answers-500');
  expect(verdict).toMatchObject({ outcome: 'rolled-back', replaced: 0 });
  expect(verdict.reason).toContain('the canary is worse than the old workers');
  expect(server.readyPids).toEqual(before);
  process.stdout.write(`${traffic.bad} bad answers of ${traffic.statuses.length}: ${verdict.reason}\n`);
  expectWithinBudget(verdict);
});

thorough('clients that keep their connections meet it, too: some of them are handed to it', async () => {
  const server = await start('--canary-time', '60s');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  let ended = false;
  let bad = 0;
  const connected = Array.from({ length: 8 }, () => status(server.port, agent));
  expect(await Promise.all(connected)).toEqual(Array(8).fill(200));
  const clients = connected.map(async () => {
    while (!ended) {
      if ((await status(server.port, agent)) !== 200) bad++;
      await sleep(20);
    }
  });
  writeFileSync(breakFile, 'answers-500');
  const verdict = await server.reload();
  ended = true;
  await Promise.all(clients);
  agent.destroy();
  expect(verdict).toMatchObject({ outcome: 'rolled-back', replaced: 0 });
  expect(bad).toBeGreaterThan(0);
  expectWithinBudget(verdict);
});

thorough('one that is twenty times slower is withdrawn, and nobody got a bad answer', async () => {
  const server = await start('--canary-time', '60s');
  const { verdict, traffic } = await reloadUnder(server, 'is-slow');
  expect(verdict).toMatchObject({ outcome: 'rolled-back', replaced: 0 });
  process.stdout.write(`${verdict.reason}\n`);
  expect(traffic.bad).toBe(0);
});

brief.each([
  ['pass', 'committed'],
  ['fail', 'rolled-back'],
])('without traffic it is inconclusive, and --canary-inconclusive %s decides: %s', async (rule, outcome) => {
  const server = await start('--canary-time', '500ms', '--canary-inconclusive', rule);
  expect(await server.reload()).toMatchObject({ outcome });
  expect(server.of('canary')).toMatchObject([{ verdict: 'inconclusive' }]);
});

thorough('what a plan without a gate cannot see, it commits', async () => {
  const server = await start('--reload-plan', 'rolling');
  const { verdict } = await reloadUnder(server, 'answers-500');
  expect(verdict).toMatchObject({ outcome: 'committed' });
});
