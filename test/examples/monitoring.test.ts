/** examples/monitoring: what a real Prometheus makes of the alerts and of the dashboard, and that tshorn has every metric. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from '../support/directory.ts';
import { ask } from '../support/load.ts';
import { brief, thorough } from '../support/long.ts';
import { hasPrometheus, Prometheus, promtool } from '../support/prometheus.ts';
import { root, startServer, type TestServer } from '../support/server.ts';

const here = path.join(root, 'examples/monitoring');
const read = (name: string): string => fs.readFileSync(path.join(here, name), 'utf8');
const withPrometheus = hasPrometheus ? thorough : test.skip;

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}
const dashboard = JSON.parse(read('dashboard.json')) as Dashboard;

/** With what Grafana puts in the place of its variables. */
const filled = (expression: string): string =>
  expression
    .replaceAll('$__rate_interval', '30s')
    .replaceAll('$job', 'tshorn')
    .replaceAll(/\$(instance|worker)/g, '.+');

/** Each expression by where it stands. */
const ofPanels = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => [title, expr] as const),
);
const ofAnnotations = dashboard.annotations.list.map(({ name, expr }) => [name, expr] as const);

/** Zero of these is good news, and no data. */
const MAY_BE_EMPTY = ['Duration of reloads'];

const namesIn = (text: string): string[] => [
  ...new Set(text.match(/\b(?:tshorn|http_server|nodejs|v8js|process)_[a-z0-9_]+(?=\{|\[| )/g)),
];

let prometheus: Prometheus | undefined;
// Before its directory is removed, into which it writes.
afterEach(async () => {
  await prometheus?.end();
  prometheus = undefined;
});
ownDirectory();

const start = (...args: string[]): Promise<TestServer> =>
  startServer('examples/hello/app.mjs', { workers: 2, args: ['--admin', '127.0.0.1:0', ...args] });

/** The address of its admin listener, as Prometheus wants it. */
const targetOf = (server: TestServer): string => String(server.of('admin-listening')[0]?.address);

/** prometheus.yml for this server, and faster. */
function configFor(target: string): string {
  const text = read('prometheus.yml');
  expect(text).toContain('127.0.0.1:9464');
  fs.copyFileSync(path.join(here, 'alerts.yml'), path.join(directory, 'alerts.yml'));
  return text.replaceAll(/_interval: 15s/g, '_interval: 1s').replace('127.0.0.1:9464"]', `${target}"]`);
}

/** How many scrapes have had data. */
async function scrapes(): Promise<number> {
  const [sample] = (await prometheus?.query('count_over_time(tshorn_generation[1h])')) ?? [];
  return Number(sample?.value[1] ?? 0);
}

async function scrapedAgain(running: Prometheus, count: number): Promise<void> {
  const before = await scrapes();
  await running.until(`${count} scrapes`, async () => (await scrapes()) >= before + count);
}

withPrometheus('the rules are valid, and their own tests pass', () => {
  expect(promtool(['check', 'rules', path.join(here, 'alerts.yml')])).toContain('SUCCESS');
  expect(promtool(['test', 'rules', path.join(here, 'alerts.test.yml')])).toContain('SUCCESS');
  expect(promtool(['check', 'config', path.join(here, 'prometheus.yml')])).toContain('SUCCESS');
});

withPrometheus('a running server has data for every panel, and every metric by its name', async () => {
  const server = await start();
  for (let at = 0; at < 20; at++) await ask({ port: server.port }, { path: '/' });
  prometheus = await Prometheus.start(directory, configFor(targetOf(server)));
  const running = prometheus;
  await scrapedAgain(running, 3);
  for (let at = 0; at < 20; at++) await ask({ port: server.port }, { path: '/' });
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  process.kill(server.pidOf(0), 'SIGKILL');
  const from = server.lines.length;
  await server.event('ready', { from });
  await scrapedAgain(running, 3);

  const used = namesIn([read('dashboard.json'), read('alerts.yml')].join('\n'));
  expect(used.length).toBeGreaterThan(15);
  let missing = used;
  // The delay of the event loop is told after its first ten seconds.
  await running
    .until('every metric', async () => {
      const known = new Set(await running.get<string[]>('label/__name__/values'));
      missing = used.filter((name) => !known.has(name));
      return missing.length === 0;
    })
    .catch(() => expect(missing).toEqual([]));

  const empty: string[] = [];
  for (const [title, expr] of ofPanels)
    if ((await running.query(filled(expr))).length === 0) empty.push(`${title}: ${expr}`);
  expect(empty.filter((one) => !MAY_BE_EMPTY.some((title) => one.startsWith(title)))).toEqual([]);
  for (const [, expr] of ofAnnotations) await running.query(filled(expr));

  type Groups = { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  const { groups } = await running.get<Groups>('rules');
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(8);
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  const metrics = await (await fetch(`http://${targetOf(server)}/metrics`)).text();
  expect(promtool(['check', 'metrics'], metrics)).toBe('');
});

withPrometheus('an app that throws at every boot alerts as a crash loop', async () => {
  const app = path.join(directory, 'app.mjs');
  fs.writeFileSync(app, 'export default (request, response) => response.end();\n');
  const server = await startServer(app, { workers: 2, args: ['--admin', '127.0.0.1:0'] });
  prometheus = await Prometheus.start(directory, configFor(targetOf(server)));
  await scrapedAgain(prometheus, 2);
  fs.writeFileSync(app, "throw new Error('bad');\n");
  for (const pid of server.readyPids) process.kill(pid, 'SIGKILL');
  const firing = 'ALERTS{alertname="TshornCrashLoop",alertstate="firing"}';
  await prometheus.until('alert', async () => (await prometheus?.query(firing))?.length === 1);
});

withPrometheus('with a token, Prometheus sends it', async () => {
  const token = path.join(directory, 'token');
  fs.writeFileSync(token, 'correct-horse-battery\n');
  const server = await start('--admin-token', token);
  const config = configFor(targetOf(server)).replaceAll(/# (?=authorization| {2}credentials_file)/g, '');
  expect(config).toContain('\n    authorization:\n      credentials_file:');
  const withPath = config.replace('/etc/prometheus/tshorn-token', token);
  prometheus = await Prometheus.start(directory, withPath);
  await prometheus.until('scrape', async () => (await prometheus?.query('up == 1'))?.length === 1);
});

brief('the dashboard has a schema that Grafana 10 and newer read, and each panel an expression', () => {
  expect(dashboard.schemaVersion).toBe(39);
  expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
    'datasource',
    'job',
    'instance',
    'worker',
  ]);
  for (const { type, targets } of dashboard.panels) if (type !== 'row') expect(targets).not.toEqual([]);
  expect(ofAnnotations.map(([name]) => name)).toEqual([
    'Deploys',
    'New masters',
    'Failed deploys',
    'Crashes and hangs',
  ]);
});
