// npm run page-picture: makes docs/images/page.webp from an hour of a real server under load, with good and bad releases, two
// crashes and a hang. Needs Chromium. Shorter: npm run page-picture -- MINUTES
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.join(import.meta.dirname, '..');
const file = path.join(root, 'docs/images/page.webp');
const minutes = Number(process.argv[2] ?? 58);
const { chromium } = createRequire(path.join(root, 'test/package.json'))('playwright-core');

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
const current = path.join(directory, 'current');
/** Releases as directories, of which `current` links to one. */
function release(version, app = path.join(import.meta.dirname, 'page-picture/shop.mjs')) {
  const target = path.join(directory, version);
  fs.mkdirSync(target);
  fs.copyFileSync(app, path.join(target, 'shop.mjs'));
  fs.symlinkSync(target, `${current}.new`);
  fs.renameSync(`${current}.new`, current);
}

release('1.41.0');
const server = spawn(
  process.execPath,
  [path.join(root, 'packages/tshorn/dist/cli.js'), path.join(current, 'shop.mjs')].concat(
    '--workers=3 --bind=127.0.0.1:0 --admin=127.0.0.1:0 --timeout=5s --log-format=json'.split(' '),
  ),
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
// Also where this script fails.
process.once('exit', () => server.kill('SIGQUIT'));
const seen = {};
for await (const line of createInterface({ input: server.stderr })) {
  const { event, address } = JSON.parse(line);
  seen[event] = address;
  if (event === 'started') break;
}
server.stderr.resume();

const agent = new http.Agent({ keepAlive: true, maxSockets: 24 });
const get = (path) =>
  http
    .get(`http://${seen.listening}${path}`, { agent, timeout: 20_000 }, (response) => response.resume())
    .on('timeout', function () {
      this.destroy();
    })
    .on('error', () => {});

/** Each with the number below which it is chosen, of 0 to 1. */
const PATHS = { '/search': 0.24, '/report': 0.28, '/old': 0.33, '/missing': 0.37, '/flaky': 0.38, '/': 1 };
function any() {
  const chosen = Math.random();
  return Object.keys(PATHS).find((path) => chosen < PATHS[path]);
}
const begin = performance.now();
let due = 0;
const load = setInterval(() => {
  const seconds = (performance.now() - begin) / 1000;
  due += (55 + 25 * Math.sin(seconds / 400) + 12 * Math.sin(seconds / 70) + 8 * Math.random()) / 40;
  for (; due >= 1; due--) get(any());
}, 25);

const reload = (version, app) => {
  release(version, app);
  server.kill('SIGHUP');
};
const bad = path.join(directory, 'bad.mjs');
fs.writeFileSync(bad, 'throw new Error(\'no table "baskets"\');');
/** Parts of the time. */
const STORY = [
  [0.08, () => reload('1.42.0')],
  [0.18, () => get('/checkout')],
  [0.28, () => reload('1.43.0', bad)],
  [0.34, () => reload('1.43.1')],
  [0.45, () => get('/coupon')],
  [0.57, () => reload('1.43.2')],
  [0.68, () => server.kill('SIGTTIN')],
  [0.78, () => get('/checkout')],
  [0.9, () => server.kill('SIGTTOU')],
  [1],
];
for (const [part, act] of STORY) {
  await new Promise((resolve) => setTimeout(resolve, begin + part * minutes * 60_000 - performance.now()));
  act?.();
}

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
await page.goto(`http://${seen['admin-listening']}/`);
await page.locator('#charts [aria-label*="2xx: now"]').waitFor();
const session = await page.context().newCDPSession(page);
await page.setViewportSize({ width: 1280, height: await page.evaluate('document.body.scrollHeight') });
const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 75 });
fs.writeFileSync(file, Buffer.from(data, 'base64'));
console.log(`${path.relative(root, file)}: ${Math.round(fs.statSync(file).size / 1024)} KB`);
await browser.close();
clearInterval(load);
server.kill('SIGQUIT');
server.once('exit', () => fs.rmSync(directory, { recursive: true }));
agent.destroy();
