/** The page of the admin listener, and what it is made of: `/` and `/events?history=1`. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AdminPage, adminOrigin } from './support/admin-page.ts';
import { chromiumPath } from './support/chromium.ts';
import { ask } from './support/load.ts';
import { brief, isLong } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const TOKEN = 'a-token-of-this-test';

let page: AdminPage | undefined;
let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(async () => {
  await page?.close();
  page = undefined;
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

const start = (...args: string[]): Promise<TestServer> =>
  startServer(fixture('crashes-or-hangs.mjs'), { workers: 2, args: ['--admin', '127.0.0.1:0', ...args] });

/** Requests that may fail: their worker crashes or hangs. */
const provoke = (server: TestServer, path: string): void => {
  ask({ port: server.port }, { path, agent: false }).catch(() => {});
};

brief(
  'the page allows nothing but its own script and style, and connections to where it comes from',
  async () => {
    const { port } = new URL(await adminOrigin(await start()));
    const { status, headers, body } = await ask({ port: Number(port) }, { path: '/' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    const hashOf = (tag: string) => {
      const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(body) ?? [];
      return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    };
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hashOf('script')}`,
      `style-src ${hashOf('style')}`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    // Neither loads anything: what a browser needs is in the file.
    expect(body).not.toMatch(/<link[^>]+href="(?!data:)|<script[^>]+src=|@import|url\((?!data:)/);
  },
);

brief('GET /events?history=1 sends what has happened, and then what is added to it', async () => {
  const server = await start();
  const { port } = new URL(await adminOrigin(server));
  await server.reload();
  const events = await Events.open(port);
  await events.until((messages) => messages.length > 0);
  provoke(server, '/crash');
  const all = await events.until((messages) =>
    messages.some(({ marks }) => marks.some(({ kind, until }) => kind === 'crash' && until !== undefined)),
  );
  events.close();

  const [first, ...later] = all;
  const [reload] = first?.marks ?? [];
  expect(reload).toMatchObject({
    kind: 'reload',
    generation: 2,
    result: 'good',
    title: expect.stringMatching(/committed/),
  });
  const crash = later.flatMap(({ marks }) => marks).findLast(({ kind }) => kind === 'crash');
  expect(crash).toMatchObject({ result: 'bad', title: expect.stringMatching(/TypeError: <b>no price<\/b>/) });
  expect(crash?.lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['crashed', 'contained']));
  expect(later.flatMap(({ marks }) => marks).filter(({ kind }) => kind === 'reload')).toEqual([]);
});

interface Message {
  readonly marks: readonly {
    readonly kind: string;
    readonly until?: number;
    readonly lines: readonly { readonly event: string }[];
  }[];
}

/** The `history` events of a stream. */
class Events {
  #text = '';
  readonly #response: http.IncomingMessage;

  static open(port: string): Promise<Events> {
    return new Promise((resolve, reject) => {
      http
        .get({ port, path: '/events?history=1' }, (response) => resolve(new Events(response)))
        .once('error', reject);
    });
  }

  private constructor(response: http.IncomingMessage) {
    this.#response = response.setEncoding('utf8').on('data', (part) => {
      this.#text += part;
    });
  }

  /** Resolves when the messages so far are enough. */
  async until(enough: (messages: readonly Message[]) => boolean): Promise<readonly Message[]> {
    while (!enough(this.#messages)) await once(this.#response, 'data');
    return this.#messages;
  }

  get #messages(): readonly Message[] {
    const complete = this.#text.matchAll(/event: history\ndata: (.*)\n\n/g);
    return [...complete].map(([, data = '']) => JSON.parse(data) as Message);
  }

  close(): void {
    this.#response.destroy();
  }
}

const where = chromiumPath ? ', in a real browser' : ' (skipped: no Chromium here; CHROMIUM can name one)';
const thorough = isLong && chromiumPath ? test : test.skip;
const SCRIPT = '<img/src=x/onerror=document.title=1>';

thorough(
  `the page shows a reload, a crash, a hang and a new master as they happen, each with its report${where}`,
  async () => {
    const server = await start('--timeout', '2s');
    page = await AdminPage.open(await adminOrigin(server));
    await page.shows('#link.live');
    await page.shows('#no-marks');
    const load = setInterval(() => {
      for (const name of ['/', '/', '/', '/slow', '/missing', '/error']) provoke(server, name);
    }, 100);
    try {
      provoke(server, '/crash');
      await page.shows('#marks [data-kind=crash] .flag.bad');
      await page.shows('#marks [data-kind=crash]', 'TypeError: <b>no price</b>');
      await page.page.locator('#marks [data-kind=crash] button').click();
      await page.shows('#report[open] .outcome.bad', 'TypeError: <b>no price</b>');
      await page.shows('#report pre', /at .*crashes-or-hangs\.mjs:\d+/);
      await page.shows('#report pre', '<img src=x onerror="document.title=1"> before the crash');
      await page.page.getByRole('button', { name: 'Close' }).click();

      provoke(server, `/hang/${SCRIPT}`);
      await page.shows('#marks [data-kind=hang]', /hung: .*stuck in spinsForEver/);
      expect((await server.reload()).outcome).toBe('committed');
      await page.shows('#marks [data-kind=reload] .flag.good');
      await page.shows('#reload-text', /generation 2 committed by SIGHUP, 2 replaced/);
      await page.shows('#workers tbody tr:nth-child(2) td:nth-child(2)', /^2$/);
      // By the keyboard alone.
      await page.tabTo('#marks [data-kind=hang] button');
      await page.page.keyboard.press('Enter');
      await page.shows(
        '#report[open] pre[aria-label=Stack]',
        /at spinsForEver \(.*crashes-or-hangs\.mjs:\d+:\d+\)/,
      );
      await page.shows('#report pre[aria-label="Requests in flight"]', `GET /hang/${SCRIPT}`);
      await page.page.keyboard.press('Escape');
      await page.page.locator('#report').waitFor({ state: 'hidden' });
      // The focus is back where it was.
      await page.shows('#marks [data-kind=hang] button:focus');

      await page.shows('#charts [aria-label^="Requests"][aria-label*="2xx: now"]');
      await page.clickMark('#charts figure:first-child');
      await page.shows('#report[open]', /Crash|Hang|Reload/);
      await page.page.keyboard.press('Escape');
      await page.tabTo('#table summary');
      await page.page.keyboard.press('Enter');
      await page.shows('#table tbody .events', /Reload to generation 2/);

      expect((await server.reExec()).outcome).toBe('committed');
      await page.shows('#marks [data-kind=re-exec]');
      await page.shows('#link.live');
      // The page keeps what the old master has told.
      await page.shows('#marks [data-kind=hang]');
    } finally {
      clearInterval(load);
    }
    // While no master answers, the browser notes it.
    expect(page.wrong.filter((text) => !/ERR_|Failed to load resource/.test(text))).toEqual([]);
  },
);

thorough(
  `the page asks for the token, says when it is wrong, is as wide as a phone, light or dark${where}`,
  async () => {
    const file = path.join(directory, 'token');
    fs.writeFileSync(file, `${TOKEN}\n`);
    const server = await start('--admin-token', file);
    page = await AdminPage.open(await adminOrigin(server), { width: 360, height: 740, colours: 'dark' });
    await page.shows('#ask[open]');
    // Nothing is known of the server yet, and nothing is claimed.
    expect(await page.page.locator(':text("No reload"):visible').count()).toBe(0);
    await page.page.keyboard.type('another-token');
    await page.page.keyboard.press('Enter');
    await page.shows('#ask[open]', /has refused this token/);
    await page.page.keyboard.type(TOKEN);
    await page.page.keyboard.press('Enter');
    await page.shows('#link.live');
    await page.shows('#workers tbody tr:nth-child(2)');
    expect(await page.overhang()).toBe(0);
    // As the system has it, until the visitor chooses.
    expect(await page.background()).toBeLessThan(64);
    await page.page.getByRole('button', { name: 'Colours: auto' }).click();
    expect(await page.background()).toBeGreaterThan(192);
    // The tab knows the token, and the browser the colours.
    await page.page.reload();
    await page.shows('#link.live');
    expect(await page.background()).toBeGreaterThan(192);
    expect(page.wrong.filter((text) => !/401/.test(text))).toEqual([]);
  },
);

thorough(`the page says that its data is stale, and connects again by itself${where}`, async () => {
  const server = await start();
  page = await AdminPage.open(await adminOrigin(server));
  await page.shows('#link.live');
  process.kill(server.master, 'SIGSTOP');
  try {
    await page.shows('#link.stale', /stale, data is \d+ s old/);
  } finally {
    process.kill(server.master, 'SIGCONT');
  }
  await page.shows('#link.live');
});
