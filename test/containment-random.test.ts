/**
 * Crashes and hangs of all kinds at random, under random load and beside reloads and changes of size: a request fails only
 * by a fault in that very request, or by a limit that is documented. CONTAINMENT_SEED repeats a story (its faults, not their
 * timing), CONTAINMENT_SECONDS makes it longer.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_MS } from './support/deadline.ts';
import { onLinux } from './support/descriptors.ts';
import { type Doings, readJournal } from './support/fault-journal.ts';
import { isLong, times } from './support/long.ts';
import { Random } from './support/random.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';
import { Story } from './support/story.ts';

const SEED = Number(process.env.CONTAINMENT_SEED ?? Date.now() % 1_000_000);
const SECONDS = times('CONTAINMENT_SECONDS', 6, 20);
const WORKERS = 3;
const MOST_WORKERS = 5;
/** A worker's clock and this one are read a moment apart. */
const CLOCKS_DIFFER_MS = 20;
/** A loop can be interrupted there in any case; elsewhere a timer may have called it. */
const SAFE = ['handler', 'tick', 'event', 'head'];
/** The request can be told there in any case. */
const SURE = ['handler', 'event'];
const PLACES = [...SAFE, 'timer', 'immediate', 'promise', 'async', 'stream', 'background'];
/** Of ten faults, six are crashes and three are loops; one is native code, which nothing can be saved from. */
const FAULTS = process.env.FAULTS?.split(',') ?? [
  ...new Array<string>(6).fill('crash'),
  'hang',
  'hang',
  'hang',
  'block',
];

/** Reloads and resizes at random; a release whose worker fails within its soak is rolled back. */
async function disturb(server: TestServer, random: Random, until: number): Promise<Record<string, number>> {
  const done: Record<string, number> = {};
  let size = WORKERS;
  while (performance.now() < until) {
    await sleep(random.below(3_000));
    const from = server.lines.length;
    if (random.chance(0.5)) {
      server.signal('SIGHUP');
      const { outcome } = await verdict(server, 'reload-finished', from);
      done[String(outcome)] = (done[String(outcome)] ?? 0) + 1;
    } else {
      const grows = size < 2 || (size < MOST_WORKERS && random.chance(0.5));
      size += grows ? 1 : -1;
      server.signal(grows ? 'SIGTTIN' : 'SIGTTOU');
      await verdict(server, 'resized', from);
      done.resized = (done.resized ?? 0) + 1;
    }
  }
  return done;
}

/** One by one, crash loops may keep it waiting. */
const verdict = (server: TestServer, event: string, from: number): Promise<LogLine> =>
  server.until(event, () => server.of(event, from)[0], 90_000);

/** What may be lost besides the culprit, as the docs say it. */
interface Limit {
  readonly text: string;
  /** A connection at rest too. */
  readonly all: boolean;
}

function limitOf({ faults }: Doings, { interrupted, why }: Partial<LogLine>): Limit | undefined {
  if (faults.some(({ kind }) => kind.startsWith('block'))) return { text: 'native code', all: true };
  // On a busy machine. What its debugger handed out before is saved, and nobody can tell here which that was.
  if (interrupted === false && /debugger|in time/.test(String(why))) {
    return { text: 'its debugger did not answer in time', all: true };
  }
  if (faults.length > 1) return { text: 'a second fault in a worker that has failed', all: false };
  if (interrupted === false && !SAFE.some((place) => faults[0]?.kind === `hang in ${place}`)) {
    return { text: 'a timer or an immediate called the loop', all: false };
  }
  return undefined;
}

/** One that nobody can tell is answered or cut off at the end of the grace. */
function fatesOfCulprit(kind: string, { request }: Partial<LogLine>): readonly string[] {
  const [fault, place] = kind.split(' in ');
  if (place === 'background') return ['200'];
  if (place === 'head') return ['cut'];
  const answer = fault === 'crash' ? '500' : '503';
  return request === undefined && !SURE.includes(place ?? '') ? ['cut', '500', '503'] : [answer];
}

let directory: string | undefined;
afterEach(async () => {
  await endServers();
  if (directory) fs.rmSync(directory, { recursive: true, force: true });
});

(isLong ? onLinux : test.skip)(
  `crashes and hangs at random cost the requests that cause them: seed ${SEED}`,
  async () => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-containment-'));
    const journal = path.join(directory, 'journal');
    const server = await startServer(fixture('fails-in-many-ways.mjs'), {
      workers: WORKERS,
      // Debug: in a crash loop the lines of each worker go there.
      args: ['--timeout', '3s', '--crash-grace', '5s', '--log-level', 'debug'],
      env: { JOURNAL: journal },
    });
    const until = performance.now() + SECONDS * 1_000;
    const story = new Story(server, new Random(SEED));
    const faults: Promise<void>[] = [];
    const random = new Random(SEED + 1);
    const strike = async () => {
      while (performance.now() < until) {
        await sleep(300 + random.below(1_700));
        faults.push(story.misbehave(random.of(FAULTS), random.of(PLACES)));
      }
      await Promise.all(faults);
    };
    const disturbed = disturb(server, new Random(SEED + 2), until);
    const over = Promise.all([disturbed, strike()]).then(() => settled(server, journal).catch(() => {}));
    await Promise.all([story.run(over), over]);

    const doings = readJournal(journal, server.port);
    const { text, problems } = judge(story, doings, server.lines);
    process.stdout.write(`${text} ${JSON.stringify({ ...(await disturbed), answered: story.answered })}\n`);
    if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${timeline(server)}`);
  },
  TEST_MS + SECONDS * 1_000,
);

/** The log with times that can be compared with those of the failures. */
function timeline({ lines }: TestServer): string {
  const [{ time: start } = { time: 0 }] = lines;
  return lines.map(({ time, msg }) => `${((time - start) / 1_000).toFixed(2)} ${msg}`).join('\n');
}

/** Resolves when each worker that has failed is gone; what is missing is told afterwards. */
const settled = (server: TestServer, journal: string) =>
  server.until('the end of each worker that has failed', () => {
    const ended = new Set(server.of('contained').map(({ pid }) => pid));
    return [...readJournal(journal, server.port)].every(
      ([pid, { faults }]) => faults.length === 0 || ended.has(pid),
    );
  });

function judge(story: Story, doings: ReadonlyMap<number, Doings>, lines: readonly LogLine[]) {
  const contained = lines.filter(({ event }) => event === 'contained');
  const clock = (at: number) => ((at - (lines[0]?.time ?? 0)) / 1_000).toFixed(2);
  const problems: string[] = [];
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const culprits = new Map([...doings.values()].flatMap(({ faults }) => faults.map((one) => [one.id, one])));
  const lineOf = (pid: number) => contained.find((line) => line.pid === pid) ?? {};
  const holderOf = (id: string) => [...doings].find(([, { arrived }]) => arrived.has(id));

  for (const { what, why, port, at, id } of story.failures) {
    const [pid = 0, holder] = (id !== undefined && holderOf(id)) || [];
    // A worker that ends at once takes along the WebSockets that it has just begun to resume.
    const limits = [...doings].flatMap(([pid, one]) => {
      const hit = one.faults.some((fault) => fault.clients.has(port) && fault.at <= at + CLOCKS_DIFFER_MS);
      const limit = limitOf(one, lineOf(pid));
      return limit && (one === holder || (hit && (limit.all || what === 'websocket'))) ? [limit.text] : [];
    });
    const [limit] = limits;
    count(limit ?? 'unexplained');
    if (!limit) problems.push(`${clock(at)} ${what} ${id ?? ''} in ${pid}, port ${port}: ${why}`);
  }

  for (const { id, kind, fate } of story.sent) {
    count(`${kind.split(' ')[0]}: ${fate}`);
    const [pid = 0, holder] = holderOf(id) ?? [];
    if (!holder || limitOf(holder, lineOf(pid))) continue;
    if (!fatesOfCulprit(kind, lineOf(pid)).includes(fate))
      problems.push(`${kind} ${id} in ${pid} got ${fate}`);
  }

  for (const [pid, doing] of doings) {
    const { arrived, answered, finished, faults } = doing;
    const lines = contained.filter((line) => line.pid === pid);
    // A worker that had no CPU for so long is found to turn again, and is replaced.
    const wasSlow = faults.length === 0 && lines.every(({ lost }) => lost === 0);
    if (lines.length !== Math.min(faults.length, 1) && !wasSlow) {
      problems.push(`${pid} had ${faults.length} faults, and ${lines.length} lines tell of them`);
    }
    const [line] = lines;
    const [fault] = faults;
    if (!line || !fault || faults.length > 1 || limitOf(doing, line)?.all) continue;
    const fate = story.sent.find(({ id }) => id === fault.id)?.fate;
    finished.delete(fault.id);
    const lost = [...arrived].filter((id) => (id === fault.id ? fate !== '200' : !answered.has(id)));
    const figures = `${pid}, ${fault.kind}, culprit ${fate}: ${line.msg}`;
    if (line.lost !== lost.length) problems.push(`${lost.length} lost by ${figures}`);
    if (line.finished !== finished.size) problems.push(`${finished.size} finished by ${figures}`);
  }
  return { problems, text: JSON.stringify({ seed: SEED, faults: culprits.size, ...counts }) };
}
