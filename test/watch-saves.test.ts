/**
 * Saves of ten kinds, in random order, under load: no request fails, each answer is of a version that was saved whole, and
 * the WebSocket stays connected. `WATCH_SEED` repeats a story.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ask } from './support/load.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { KINDS, Project, type State } from './support/save-kinds.ts';
import { endServers, startServer, type TestServer } from './support/server.ts';

const SAVES = times('WATCH_SAVES', 10, 60);
const BULK = times('WATCH_BULK', 1_000, 1_000);
const SEED = Number(process.env.WATCH_SEED ?? Date.now() % 1_000_000);
const CLIENTS = 4;
const MOST_MS = times('WATCH_MS', 150_000, 900_000);

/** Clients that never retry; each answer has to be one of the states that may be served at the moment. */
class Load {
  readonly failures: string[] = [];
  answered = 0;
  readonly #port: number;
  /**
   * States that may be served: the last good one, and those that are being saved. A worker that starts between two saves
   * of a burst reads some parts before and some after the second one.
   */
  allowed: string[];
  #stopped = false;
  readonly #clients: Promise<void>[];

  constructor(port: number, allowed: string) {
    this.#port = port;
    this.allowed = [allowed];
    this.#clients = Array.from({ length: CLIENTS }, (_, at) => this.#live(at > 0));
  }

  async #live(keepAlive: boolean): Promise<void> {
    const agent = new http.Agent({ keepAlive, maxSockets: 1 });
    while (!this.#stopped) {
      const before = this.allowed;
      try {
        const { status, body } = await ask({ port: this.#port }, { path: '/', agent });
        this.answered++;
        if (status !== 200) this.failures.push(`${status} ${body}`);
        else if (!isMadeOf(body, [...before, ...this.allowed]))
          this.failures.push(`${body} is no good version`);
      } catch (error) {
        this.failures.push(String(error));
      }
      await sleep(5);
    }
    agent.destroy();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }
}

/** One WebSocket of a page: it says something now and then, and expects it back. */
class Page {
  readonly #ws: WebSocket;
  readonly #timer: NodeJS.Timeout;
  readonly wrong: string[] = [];
  sent = 0;
  heard = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data) => {
      const expected = String(++this.heard);
      if (String(data) !== expected) this.wrong.push(`${data} instead of ${expected}`);
    });
    ws.on('close', (code) => this.wrong.push(`closed with ${code}`));
    ws.on('error', ({ message }) => this.wrong.push(message));
    this.#timer = setInterval(() => ws.send(String(++this.sent)), 50);
  }

  static async open(port: number): Promise<Page> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}`);
    await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
    return new Page(ws);
  }

  /** Resolves when all that was sent has come back. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.heard < this.sent && this.wrong.length === 0) await sleep(20);
    this.end();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#ws.removeAllListeners('close').terminate();
  }
}

/** Each part of the state is that of one of these. */
function isMadeOf(body: string, states: readonly string[]): boolean {
  const parts = states.map((state) => Object.entries(JSON.parse(state)));
  return Object.entries(JSON.parse(body)).every(([name, value]) =>
    parts.some((each) => each.some(([otherName, other]) => otherName === name && other === value)),
  );
}

const textOf = (state: State) => JSON.stringify(state);

/** Resolves when the last of the saves is answered for: it is served, or its reload has failed. */
async function settled(server: TestServer, from: number, expected: string | undefined): Promise<string> {
  if (expected === undefined) {
    await server.until('the reload that fails', () =>
      server.of('reload-finished', from).find(({ outcome }) => outcome === 'rolled-back'),
    );
    return (await ask({ port: server.port }, { path: '/' })).body;
  }
  for (let waited = 0; waited < 3_000; waited++) {
    if ((await ask({ port: server.port }, { path: '/' })).body === expected) return expected;
    await sleep(20);
  }
  throw new Error(`${expected} is not served\n${server.story}`);
}

let load: Load | undefined;
let page: Page | undefined;
let project: Project;
afterEach(async () => {
  await load?.stop();
  page?.end();
  await endServers();
  project.remove();
});

test(
  `${SAVES} saves of ten kinds under load cost no request and no WebSocket; the last good version serves (WATCH_SEED=${SEED})`,
  async () => {
    const random = new Random(SEED);
    project = new Project(BULK);
    const server = await startServer('current/app.mjs', { ...project.options, bare: true });
    const { port } = server;
    let good = textOf(project.state);
    load = new Load(port, good);
    page = await Page.open(port);
    const told: string[] = [];
    const done = new Map<string, number>();

    for (let saves = 0; saves < SAVES; ) {
      // Some saves follow one another at once, as when somebody is in a hurry.
      const burst = random.chance(0.2) ? 2 + random.below(3) : 1;
      const from = server.lines.length;
      const first = saves;
      let changes = false;
      for (; saves < Math.min(first + burst, SAVES); saves++) {
        // Each kind once, then any.
        const kind = saves < KINDS.length ? KINDS[(saves + SEED) % KINDS.length] : random.of(KINDS);
        if (!kind) throw new Error('no kind');
        told.push(kind.name);
        done.set(kind.name, (done.get(kind.name) ?? 0) + 1);
        kind.save(project);
        changes ||= kind.changes;
        if (!project.isBroken) load.allowed.push(textOf(project.state));
        if (saves + 1 < first + burst) await sleep(random.below(120));
      }
      if (!changes) continue;
      const served = await settled(server, from, project.isBroken ? undefined : textOf(project.state));
      expect(isMadeOf(served, load.allowed)).toBe(true);
      good = served;
      load.allowed = [good];
    }

    await load.stop();
    await page.stop();
    const story = `${told.join(', ')}\n${server.story}`;
    if (load.failures.length + page.wrong.length > 0)
      throw new Error(`${[...load.failures.slice(0, 10), ...page.wrong.slice(0, 10)].join('\n')}\n${story}`);
    expect(load.answered).toBeGreaterThan(SAVES * CLIENTS);
    expect(page.heard).toBe(page.sent);
    expect(done.size).toBe(Math.min(SAVES, KINDS.length));
    expect(server.of('killed')).toEqual([]);
    expect(await server.stop()).toBe(0);
  },
  MOST_MS,
);
