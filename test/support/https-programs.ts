/**
 * Clients that speak HTTPS by a library or a program of their own. Each asks `tells-its-connection.mjs` again and again on one
 * connection, which it has to keep, and counts the connections that it makes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { Agent } from 'undici';
import { chromiumPath, startChromium } from './chromium.ts';
import { DEADLINE_MS } from './deadline.ts';
import { directory } from './directory.ts';

/** What the server knows of a connection. */
interface Told {
  readonly pid: number;
  /** The client's port: another connection has another one. */
  readonly port: number;
  readonly cipher: string;
  readonly isResumed: boolean;
}

export interface Wish {
  /** The server's port. */
  readonly port: number;
  /** Standard name of the only cipher suite; without it the client chooses. */
  readonly suite?: string | undefined;
  /** A session that it resumes, as Node has it. */
  readonly session?: Buffer | undefined;
}

const PAUSE_MS = 80;

export class HttpsProgram {
  readonly answers: Told[] = [];
  readonly failures: string[] = [];
  /** Connections on which it has asked, as it counts them itself. */
  connects = 0;
  /** Ends its connection. */
  end: () => unknown = () => {};
  #isOver = false;
  readonly name: string;

  constructor(name: string, { suite = '', session }: Wish) {
    this.name = `${name} ${suite} ${session ? 'resumed' : 'fresh'}`;
  }

  /** Nothing of an answer may be missing. */
  told(body: string): void {
    try {
      this.answers.push(JSON.parse(body) as Told);
    } catch {
      this.fail(`no answer: ${JSON.stringify(body)}`);
    }
  }

  fail(why: string): void {
    if (!this.#isOver) this.failures.push(why);
  }

  async repeat(ask: () => Promise<string>): Promise<void> {
    while (!this.#isOver && this.failures.length === 0) {
      try {
        this.told(await ask());
      } catch (error) {
        this.fail(String(error));
      }
      await sleep(PAUSE_MS);
    }
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    await this.end();
  }
}

const optionsOf = ({ suite, session }: Wish) => ({
  rejectUnauthorized: false,
  ...(suite && { ciphers: suite }),
  ...(session && { session }),
});

export function nodeAgent(wish: Wish): HttpsProgram {
  const program = new HttpsProgram('https.Agent', wish);
  const agent = new https.Agent({ ...optionsOf(wish), keepAlive: true, maxSockets: 1 });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    program.connects++;
    return connect(...args);
  };
  const done = program.repeat(async () => {
    const request = https.get({ port: wish.port, host: '127.0.0.1', agent });
    const [response] = await once(request, 'response');
    return text(response);
  });
  program.end = async () => {
    await done;
    agent.destroy();
  };
  return program;
}

export function undici(wish: Wish): HttpsProgram {
  const program = new HttpsProgram('undici', wish);
  const agent = new Agent({ connections: 1, connect: optionsOf(wish) });
  agent.on('connect', () => void program.connects++);
  agent.on('disconnect', (_origin, _targets, error) => program.fail(`disconnected: ${error.message}`));
  const origin = `https://127.0.0.1:${wish.port}`;
  const done = program.repeat(async () => {
    const { body } = await agent.request({ origin, path: '/', method: 'GET' });
    return body.text();
  });
  program.end = async () => {
    await done;
    await agent.close();
  };
  return program;
}

/** A program whose answers are lines of its output. */
function started(
  command: string,
  wish: Wish,
  args: readonly string[],
  onLine: (line: string, of: HttpsProgram) => void,
) {
  const program = new HttpsProgram(command, wish);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  createInterface({ input: child.stdout }).on('line', (line) => onLine(line, program));
  child.stdin.on('error', () => {});
  const closed = once(child, 'close').then(async () => program.fail(`${command} ended: ${await errors}`));
  program.end = () => {
    child.kill();
    return closed;
  };
  return { program, child };
}

const versionOf = (command: string, args: readonly string[]): string =>
  String(spawnSync(command, args).stdout ?? '');

/** curl 7.84 or later: earlier ones ask without a pause. */
export const hasCurl = /^curl (7\.8[4-9]|7\.9|[89]|\d\d)/.test(versionOf('curl', ['--version']));

/**
 * One process with many transfers. It keeps sessions for itself: to resume one, it has a connection before, which the server
 * closes after the only answer.
 */
export function curl(wish: Wish): HttpsProgram {
  const { port, suite, session } = wish;
  const url = `https://127.0.0.1:${port}`;
  const common = ['-sSkN', '--http1.1', '--tlsv1.3', ...(suite ? ['--tls13-ciphers', suite] : [])];
  const before = session ? [...common, '-o', '/dev/null', `${url}/last`, '--next'] : [];
  const range = [...common, '-w', '%{num_connects} %{response_code}\n', `${url}/?[1-100000]`];
  const { program } = started(
    'curl',
    wish,
    [...before, '--rate', `${60_000 / PAUSE_MS}/m`, ...range],
    (line, of) => {
      const [, connects, status] = /^(\d+) (\d+)$/.exec(line) ?? [];
      if (status === undefined) return of.told(line);
      of.connects += Number(connects);
      if (status !== '200') of.fail(`status ${status}`);
    },
  );
  return program;
}

/** A program that has one connection and never another one. It reads no session of another version: to resume one, it has a connection before. */
export function openssl(wish: Wish): HttpsProgram {
  const { port, suite, session } = wish;
  const file = path.join(directory, `session-${Math.random()}.pem`);
  const chosen = suite ? ['-ciphersuites', suite] : [];
  const args = ['s_client', '-quiet', '-tls1_3', '-connect', `127.0.0.1:${port}`, ...chosen];
  if (session) spawnSync('openssl', [...args, '-sess_out', file], { input: get('/last') });
  const { program, child } = started(
    'openssl',
    wish,
    [...args, ...(session ? ['-sess_in', file] : [])],
    async (line, of) => {
      if (!line.startsWith('{')) return;
      of.told(line);
      await sleep(PAUSE_MS);
      child.stdin.write(get('/'));
    },
  );
  program.connects = 1;
  child.stdin.write(get('/'));
  return program;
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

interface Fetched {
  readonly body: string;
  readonly connects: number;
}

const FETCH = `(async () => {
  performance.clearResourceTimings();
  const answer = await fetch('/', { cache: 'no-store' });
  const body = await answer.text();
  const [{ connectStart, connectEnd }] = performance.getEntriesByType('resource');
  return { body, connects: connectEnd > connectStart ? 1 : 0 };
})()`;

/**
 * A page that fetches; one that resumes has come over another connection, which is closed. It tells by the times of each fetch
 * whether that has made a connection (https://www.w3.org/TR/resource-timing/).
 */
export async function chromium(wish: Wish): Promise<HttpsProgram> {
  const program = new HttpsProgram('chromium', wish);
  const browser = await startChromium();
  const page = await asWished(browser, wish);
  program.connects = 1;
  const done = program.repeat(async () => {
    const { body, connects } = await page.evaluate<Fetched>(FETCH);
    program.connects += connects;
    return body;
  });
  program.end = async () => {
    await done;
    await browser.close();
  };
  return program;
}

/**
 * A page with a connection that is fresh or resumed, as wished. The browser makes a second connection when the first one takes
 * longer than 250 ms (net/socket/transport_client_socket_pool.cc), and may fetch over either. Each context has sessions of its
 * own.
 */
async function asWished(browser: Browser, { port, session }: Wish): Promise<Page> {
  for (const end = Date.now() + DEADLINE_MS; ; ) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`https://127.0.0.1:${port}/${session ? 'last' : ''}`);
    const { body } = await page.evaluate<Fetched>(FETCH);
    if ((JSON.parse(body) as Told).isResumed === (session !== undefined)) return page;
    if (Date.now() > end) throw new Error(`the browser has no ${session ? 'resumed' : 'fresh'} connection`);
    await context.close();
  }
}

export const hasChromium = chromiumPath !== '';
