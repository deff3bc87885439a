/**
 * The whole promise of the metrics, under load: no counter ever falls, whatever becomes of the workers, and the sum of the
 * requests is what the clients have counted.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, socketOf } from './support/control.ts';
import { CountingClients } from './support/counting-clients.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask } from './support/load.ts';
import { thorough, times } from './support/long.ts';
import type { Values } from './support/scrape.ts';
import { Scrapers } from './support/scrapers.ts';
import { fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

/** Full size: OBSERVED_WORKERS=8 OBSERVED_RELOADS=20 OBSERVED_KILLS=5. */
const WORKERS = times('OBSERVED_WORKERS', 4, 4);
const RELOADS = times('OBSERVED_RELOADS', 2, 2);
const KILLS = times('OBSERVED_KILLS', 1, 1);
const CLIENTS = 2 * WORKERS;
/** A busy machine starts many workers. */
const WITHIN_MS = 180_000;

ownDirectory();
let end: () => Promise<unknown>;
afterEach(() => end?.());

/** A directory of its own, and a link that leads to the newest. */
function deploy(release: number): void {
  const here = path.join(directory, 'releases', String(release));
  fs.mkdirSync(here, { recursive: true });
  const app = JSON.stringify(fixture('hangs-in-many-ways.mjs'));
  fs.writeFileSync(path.join(here, 'app.mjs'), `export { default } from ${app};`);
  const link = path.join(directory, 'current');
  fs.symlinkSync(here, `${link}.new`);
  fs.renameSync(`${link}.new`, link);
}

/** Answers with 200 that the metrics have for a slot. */
const shownOf = (values: Values, slot: number): number =>
  values[
    `http_server_request_duration_seconds_count{worker="${slot}",http_request_method="GET",http_response_status_code="200"}`
  ] ?? 0;

/** Pids of the workers that a slot has had, in the order in which they became ready. */
const pidsOf = (server: TestServer, slot: number): number[] =>
  server
    .of('ready')
    .filter(({ worker }) => worker === slot)
    .map(({ pid }) => pid as number);

/** A reload, and the end of all the old workers. */
async function reload(server: TestServer, begin: () => unknown): Promise<void> {
  const from = server.lines.length;
  const old = Array.from({ length: WORKERS }, (_, slot) => server.pidOf(slot));
  const next = <T>(what: string, look: () => T | undefined | false) => server.until(what, look, WITHIN_MS);
  begin();
  const verdict = await next('a verdict', () => server.of('reload-finished', from)[0]);
  expect(verdict).toMatchObject({ outcome: 'committed' });
  await next('all the old workers are gone', () => {
    const gone = new Set(server.of('exited', from).map(({ pid }) => pid));
    return old.every((pid) => gone.has(pid));
  });
}

thorough(
  'no counter falls between any two scrapes, and all requests are counted, through reloads, kills, a hang and a rollback',
  async () => {
    deploy(0);
    const cwd = path.join(directory, 'current');
    const server = await startServer('app.mjs', {
      cwd,
      env: { PWD: cwd },
      workers: WORKERS,
      args: ['--admin', '127.0.0.1:0', '--timeout', '10s'],
    });
    const [, host, port] = /^(.*):(\d+)$/.exec(String(server.of('admin-listening')[0]?.address)) ?? [];
    const admin = { host, port };
    const control = { socketPath: await socketOf(server) };
    const scrapers = new Scrapers().every(50, admin).every(370, control);
    const clients = new CountingClients({ port: server.port }, CLIENTS, (client) =>
      client === 0 ? '/slow?ms=200' : '/',
    );
    end = () => Promise.all([clients.stop(), scrapers.stop()]);
    /** By slot, of those that died without a last report: the most that may be missing. */
    const mostLost = new Map<number, () => number>();

    const kill = async () => {
      await clients.flow(200);
      const alive = Array.from({ length: WORKERS }, (_, slot) => slot).filter((slot) => !mostLost.has(slot));
      const answers = (slot: number) => clients.answersOf([server.pidOf(slot)]);
      const slot = alive.reduce((most, other) => (answers(other) > answers(most) ? other : most));
      const pids = pidsOf(server, slot);
      const before = shownOf(await scrapers.once(admin), slot);
      mostLost.set(slot, () => clients.answersOf(pids) - before);
      const from = server.lines.length;
      process.kill(server.pidOf(slot), 'SIGKILL');
      await server.until('its replacement', () => server.of('ready', from)[0], WITHIN_MS);
    };

    for (let round = 1; round < RELOADS; round++) {
      await clients.flow(100);
      deploy(round);
      await reload(server, () => server.signal('SIGHUP'));
      while (mostLost.size < (KILLS * round) / (RELOADS - 1)) await kill();
    }

    const kills = [...mostLost.values()];
    const hang = await hangOne(server, scrapers, admin);
    if (hang.isLost) {
      const pids = pidsOf(server, hang.slot).slice(0, -1);
      mostLost.set(hang.slot, () => clients.answersOf(pids) - shownOf(hang.first, hang.slot));
    }
    await clients.flow(100);
    const rollback = new Command(['rollback', '--control', control.socketPath], {});
    await reload(server, () => rollback);
    expect(await rollback.ended).toMatchObject({ code: 0 });
    await clients.flow(100);

    await clients.stop();
    // A worker reports before it exits: the last counts of all that have served are there afterwards.
    await reload(server, () => server.signal('SIGHUP'));
    await scrapers.stop();
    const [values, sameValues] = [await scrapers.once(admin), await scrapers.once(control)];

    expect(scrapers.fallen).toEqual([]);
    let missing = 0;
    for (let slot = 0; slot < WORKERS; slot++) {
      const counted = clients.answersOf(pidsOf(server, slot));
      const lost = counted - shownOf(values, slot);
      const atMost = mostLost.get(slot)?.() ?? 0;
      expect({ slot, counted, lost, inBounds: lost >= 0 && lost <= atMost }).toEqual({
        slot,
        counted,
        lost,
        inBounds: true,
      });
      expect(shownOf(sameValues, slot)).toBe(shownOf(values, slot));
      missing += lost;
    }
    expect(values).toMatchObject({
      'tshorn_worker_exits_total{reason="crash"}': KILLS,
      'tshorn_worker_exits_total{reason="hang"}': 1,
    });
    expect(clients.failures.length).toBeLessThanOrEqual((KILLS + 1) * CLIENTS);
    const slowest = Math.max(...scrapers.tookMs).toFixed(0);
    process.stderr.write(
      `${clients.answers} answers, ${missing} of them not counted after ${KILLS} kills (${kills.map((most) => most())} at most); ` +
        `${clients.failures.length} requests without answer; ${scrapers.tookMs.length} scrapes, the slowest ${slowest} ms, ${hang.text}\n`,
    );
  },
  240_000 + RELOADS * 60_000,
);

interface Hang {
  readonly slot: number;
  /** Its code could not be interrupted, so it has sent no last report. */
  readonly isLost: boolean;
  /** The first scrape beside it. */
  readonly first: Values;
  /** Duration of the scrapes. */
  readonly text: string;
}

/** One request hangs its worker: each scrape until it is explained shows the worker. */
async function hangOne(server: TestServer, scrapers: Scrapers, admin: object): Promise<Hang> {
  const from = server.lines.length;
  const during: Values[] = [];
  const first = scrapers.tookMs.length;
  const culprit = ask({ port: server.port }, { path: '/hang/handler', agent: false }).catch(() => undefined);
  let hung: LogLine | undefined;
  while (!hung) {
    during.push(await scrapers.once(admin));
    [hung] = server.of('hung', from);
    await sleep(20);
  }
  const slowest = Math.max(...scrapers.tookMs.slice(first));
  const active = `http_server_active_requests{worker="${hung.worker}"}`;
  expect(during.filter((values) => !(active in values))).toEqual([]);
  await culprit;
  const { pid } = hung;
  await server.until('its replacement', () => server.of('ready', from)[0], WITHIN_MS);
  const contained = await server.until('what became of it', () => server.of('contained', from)[0], WITHIN_MS);
  await server.until('its end', () => server.of('exited', from).find((line) => line.pid === pid), WITHIN_MS);
  const age = Math.max(
    ...during.map((values) => values[`tshorn_worker_last_report_age_seconds{worker="${hung.worker}"}`] ?? 0),
  );
  const slot = hung.worker as number;
  const isLost = contained.interrupted !== true;
  const text = `the slowest of ${during.length} beside a hung worker ${slowest.toFixed(0)} ms (whose report was up to ${age.toFixed(1)} s old)`;
  return { slot, isLost, first: during[0] as Values, text };
}
