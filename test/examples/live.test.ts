/** The page of examples/live in a browser, and plain clients of the same server. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, startChromium } from '../support/chromium.ts';
import { Chat, Poll, Ticks } from '../support/live-clients.ts';
import { thorough, times } from '../support/long.ts';
import { endServers, root, startServer } from '../support/server.ts';

const DEPLOYS = 5;
/** Those that plain clients live through: the browser does the same. */
const SHORT_DEPLOYS = times('DEPLOYS', 2, 3);
const PANELS = ['chat', 'stream', 'poll'];

/** With it the picture in the docs is made anew; slower, so that there is something to see between two deploys. */
const picture = process.env.UPDATE_SCREENSHOT ? path.join(root, 'docs/images/live.png') : undefined;
const BETWEEN = picture ? 7 : 2;
const TALK = [
  'Deploying, hold on to your sockets',
  'Already? I have seen nothing',
  'That is the point. Here comes another',
  'Still the connection of this morning',
  'Presence, history, counters: all there',
];

let directory: string;
let browser: Browser | undefined;
const clients: (Chat | Ticks | Poll)[] = [];

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  await browser?.close();
  browser = undefined;
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

const start = () =>
  startServer('examples/live/server.mjs', { workers: 2, env: { ROOM: path.join(directory, 'room') } });

function joined<Client extends Chat | Ticks | Poll>(client: Client): Client {
  clients.push(client);
  return client;
}

thorough(
  `chats, an event stream and a poll live through ${SHORT_DEPLOYS} deploys on the connections that they began with`,
  async () => {
    const server = await start();
    const ada = joined(new Chat(server.port, 'Ada'));
    const ken = joined(new Chat(server.port, 'Ken'));
    const all = [ada, ken, joined(new Ticks(server.port)), joined(new Poll(server.port))];
    await Promise.all(all.map((client) => client.flow(1)));
    await ada.until(() => ada.people.length === 2);

    for (let deploy = 1; deploy <= SHORT_DEPLOYS; deploy++) {
      ada.say(`Ada, before deploy ${deploy}`);
      expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
      ken.say(`Ken, after deploy ${deploy}`);
      await Promise.all(all.map((client) => client.until(() => client.deploys === deploy)));
    }
    await Promise.all(all.map((client) => client.flow(2)));
    for (const chat of [ada, ken]) await chat.until(() => chat.said.length === 2 * SHORT_DEPLOYS);
    expect(new Set(ada.said).size).toBe(2 * SHORT_DEPLOYS);
    expect(ken.said).toEqual(ada.said);
    expect(ada.people.map(({ name }) => name).sort()).toEqual(['Ada', 'Ken']);
    for (const { wrong, pids } of all) {
      expect(wrong).toEqual([]);
      expect(pids.size).toBeGreaterThan(SHORT_DEPLOYS);
    }
  },
);

const withChromium = chromiumPath ? thorough : test.skip;
const where = chromiumPath ? ', in a real browser' : ' (skipped: no Chromium here; CHROMIUM can name one)';

async function open(port: number): Promise<Page> {
  browser = await startChromium();
  const page = await browser.newPage({ viewport: { width: 1100, height: 660 }, deviceScaleFactor: 1.5 });
  await page.goto(`http://127.0.0.1:${port}/?name=Ada`);
  for (const panel of PANELS) await page.locator(`#${panel}[data-connects="1"][data-generation]`).waitFor();
  return page;
}

/** The content of a panel. */
const text = async (page: Page, where: string) => (await page.locator(where).allInnerTexts()).join();

/** Waits for this many further messages of a panel. */
async function flow(page: Page, panel: string, more: number): Promise<void> {
  const messages = `Number(document.getElementById('${panel}').dataset.messages)`;
  await page.waitForFunction(`${messages} >= ${(await page.evaluate<number>(messages)) + more}`);
}

withChromium(
  `each panel of the page says that it connected once and survived five deploys${where}`,
  async () => {
    const server = await start();
    const friends: Chat[] = [];
    for (const name of ['Grace', 'Ken']) {
      const friend = joined(new Chat(server.port, name));
      friends.push(friend);
      await friend.flow(1);
    }
    const page = await open(server.port);
    await page.fill('input', 'I began to type this five deploys a');

    for (let deploy = 1; deploy <= DEPLOYS; deploy++) {
      await Promise.all(PANELS.map((panel) => flow(page, panel, BETWEEN)));
      friends[deploy % 2]?.say(TALK[deploy - 1] as string);
      expect(await server.reload()).toMatchObject({ outcome: 'committed', replaced: 2 });
      for (const panel of PANELS) await page.locator(`#${panel}[data-deploys="${deploy}"]`).waitFor();
    }
    await Promise.all(PANELS.map((panel) => flow(page, panel, BETWEEN)));

    for (const panel of PANELS) {
      expect(await text(page, `#${panel} .verdict`)).toMatch(/^connected once\s+5 deploys survived$/);
      expect(await text(page, `#${panel} .numbers`)).toMatch(/^\d+ \w+, 0 (lost|failed) · /);
    }
    expect(await text(page, 'h1')).toBe('5 deploys. No interruption.');
    expect(await page.locator('.says p').allInnerTexts()).toEqual(
      TALK.map((said) => expect.stringContaining(said)),
    );
    expect(await page.locator('.people span[title]').allInnerTexts()).toEqual(['Grace', 'Ken', 'Ada']);
    expect(await page.inputValue('input')).toBe('I began to type this five deploys a');
    if (picture) {
      fs.mkdirSync(path.dirname(picture), { recursive: true });
      await page.screenshot({ path: picture });
    }
  },
);

withChromium(
  `a panel whose connection is force-closed says that it has connected twice${where}`,
  async () => {
    const server = await start();
    const page = await open(server.port);
    // The browser may give the connection of one kind to another, once it is free. The WebSocket's is nobody else's.
    const [worker] = /\d+$/.exec(await text(page, '#chat .where')) ?? [];
    process.kill(Number(worker), 'SIGKILL');
    await page.locator('#chat.bad[data-connects="2"]').waitFor();
    expect(await text(page, '#chat .verdict')).toMatch(/^connected 2 times\s+0 deploys seen$/);
    expect(await text(page, 'h1')).toMatch(/^0 deploys\. \d interruptions?\.$/);
  },
);
