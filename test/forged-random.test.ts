/**
 * The apps of all workers send the master messages of random shape in tshorn's own words, while reloads go on and
 * clients come and go. An app can lie about its own worker: it can have it recycled, have its release rolled back, and
 * spoil a connection that it has in its hands. It must not be able to do more than that: the port stays open, every
 * reload comes to a verdict, every slot is filled, and the stop is in order. FORGED_SEED repeats a story.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './support/load.ts';
import { thorough, times } from './support/long.ts';
import { isAlive } from './support/processes.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const SEED = Number(process.env.FORGED_SEED ?? Date.now() % 1_000_000);
const MESSAGES = times('FORGED_MESSAGES', 1_000, 8_000);
const WORKERS = 3;
const CHUNK = 50;
const MOST_MS = 90_000;
/** A worker may be waited for while its slot backs off; a connection that nobody serves is one that was lost. */
const HUNG_MS = 60_000;

afterEach(endServers);

/** What a client of a worker that was ended sees; a refused connection is none of them. */
const SPOILT = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT']);

class Story {
  readonly failures: string[] = [];
  sent = 0;
  answered = 0;
  readonly #server: TestServer;
  readonly #until = Date.now() + MOST_MS;
  #seed = SEED;
  #hasCommitted = false;

  constructor(server: TestServer) {
    this.#server = server;
  }

  get isOver(): boolean {
    return (this.sent >= MESSAGES && this.#hasCommitted) || Date.now() > this.#until;
  }

  async #ask(path: string): Promise<boolean> {
    try {
      const answer = ask({ port: this.#server.port }, { path, agent: false });
      const hung = sleep(HUNG_MS, undefined, { ref: false }).then(() => {
        throw new Error(`no answer to ${path} within ${HUNG_MS / 1000} s`);
      });
      const { body } = await Promise.race([answer, hung]);
      if (body !== 'hello') this.failures.push(`wrong body: ${body.slice(0, 80)}`);
      return true;
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (!SPOILT.has(code)) this.failures.push(`${code} ${message}`);
      return false;
    }
  }

  /** Ends as soon as enough is sent: the workers crash of it again and again, and their back-off grows. */
  async babble(): Promise<void> {
    while (!this.isOver && this.sent < MESSAGES) {
      if (await this.#ask(`/babble?seed=${this.#seed++}&count=${CHUNK}`)) this.sent += CHUNK;
    }
  }

  async load(): Promise<void> {
    while (!this.isOver) {
      if (await this.#ask('/')) this.answered++;
      await sleep(10);
    }
  }

  async reload(): Promise<string[]> {
    const outcomes: string[] = [];
    while (!this.isOver) {
      const outcome = String((await this.#server.reload()).outcome);
      outcomes.push(outcome);
      this.#hasCommitted ||= outcome === 'committed';
    }
    return outcomes;
  }
}

thorough(
  `${MESSAGES} messages of random shape: seed ${SEED}`,
  async () => {
    process.stdout.write(`FORGED_SEED=${SEED}\n`);
    const args = ['--grace', '4s', '--idle-linger', '100ms'];
    const server = await startServer(fixture('babbles.mjs'), { workers: WORKERS, args });
    const story = new Story(server);
    const clients = Array.from({ length: 4 }, () => story.load());
    const babblers = Array.from({ length: 2 * WORKERS }, () => story.babble());
    const [outcomes] = await Promise.all([story.reload(), ...clients, ...babblers]);
    const { sent, answered } = story;
    const dropped = server.of('malformed-message').length;
    process.stdout.write(`${JSON.stringify({ sent, answered, outcomes, dropped })}\n`);

    expect(story.failures).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(MESSAGES);
    expect(answered).toBeGreaterThan(0);
    expect(outcomes).toContain('committed');
    expect(dropped).toBeGreaterThan(0);
    // Nothing is left of it once nobody lies any more.
    await server.until('every slot', () => server.readyPids.length === WORKERS, 60_000);
    expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: WORKERS });
    expect(await server.stop()).toBe(0);
    expect(server.of('stray-error')).toEqual([]);
    const control = /[^\P{Cc}\n\t]|\u202e/u;
    expect(server.lines.filter(({ msg }) => control.test(msg))).toEqual([]);
    expect(server.of('forged')).toEqual([]);
    expect(server.of('spawned').filter(({ pid }) => isAlive(pid as number))).toEqual([]);
  },
  240_000,
);
