/** Releases and `tshorn rollback`, with real processes: each release has a directory, and a link leads to the newest. */

import fs from 'node:fs';
import path from 'node:path';
import { Command, request, socketOf } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { ask, MixedLoad } from './support/load.ts';
import { thorough } from './support/long.ts';
import { fixture, startServer, type TestServer } from './support/server.ts';

ownDirectory();

const appOf = (release: string) => path.join(directory, 'releases', release, 'app.mjs');

/** Deploys as deploy tools do: a new directory, and a link that is renamed over the old one. */
function deploy(release: string): void {
  fs.mkdirSync(path.dirname(appOf(release)), { recursive: true });
  const broken = path.join(directory, `${release}-is-broken`);
  fs.writeFileSync(
    appOf(release),
    `import fs from 'node:fs';
    import mixed from ${JSON.stringify(fixture('mixed.mjs'))};
    export default (request, response) => {
      if (request.url === '/_status' && fs.existsSync(${JSON.stringify(broken)})) {
        return response.writeHead(500).end();
      }
      if (request.url !== '/release') return mixed(request, response);
      response.end(\`${release} \${process.env.TSHORN_RELEASE}\`);
    };`,
  );
  const link = path.join(directory, 'current');
  fs.symlinkSync(path.join(directory, 'releases', release), `${link}.new`);
  fs.renameSync(`${link}.new`, link);
}

const breaks = (release: string) => fs.writeFileSync(path.join(directory, `${release}-is-broken`), '');

async function serve(workers: number): Promise<TestServer> {
  const cwd = path.join(directory, 'current');
  const server = await startServer('app.mjs', { cwd, env: { PWD: cwd }, workers });
  await socketOf(server);
  return server;
}

const says = async ({ port }: TestServer) => (await ask({ port }, { path: '/release' })).body;

const tshorn = (server: TestServer, ...args: string[]) =>
  socketOf(server).then((socket) => new Command([...args, '--control', socket], {}).ended);

const list = async (server: TestServer) => {
  const [answer] = (await request(await socketOf(server), 'GET', '/releases')).lines;
  return answer?.releases as Record<string, unknown>[];
};

test('a rollback under load fails no request, serves the old code, and stands until the next reload', async () => {
  deploy('v1');
  const server = await serve(2);
  deploy('v2');
  expect(await server.reload()).toMatchObject({ outcome: 'committed', release: 'v2' });
  const load = new MixedLoad({ port: server.port }).start();
  await load.flow(50);
  const { code, out } = await tshorn(server, 'rollback');
  await load.flow(50);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(code).toBe(0);
  expect(out).toMatch(/reload to gen=3 back to v1 \(gen=1\) by tshorn rollback/);
  expect(out).toMatch(/the next tshorn rollback brings v2;/);
  expect(await says(server)).toBe('v1 v1');
  expect(await list(server)).toMatchObject([
    { generation: 3, release: 'v1', state: 'serves', outcome: 'committed', by: 'tshorn rollback', backTo: 1 },
    { generation: 2, release: 'v2', state: 'previous', by: 'SIGHUP', app: appOf('v2') },
  ]);
  // The link leads to v2, and a crash brings v1 back all the same.
  const from = server.lines.length;
  process.kill(server.pidOf(0), 'SIGKILL');
  await server.event('ready', { from });
  expect(await says(server)).toBe('v1 v1');
  expect(await server.reload()).toMatchObject({ outcome: 'committed', release: 'v2' });
  expect(server.of('noted', from)).toMatchObject([
    { msg: expect.stringMatching(/brings v2 \(gen=2\) again/) },
  ]);
  // So does a re-exec.
  expect((await tshorn(server, 'rollback')).code).toBe(0);
  const before = server.lines.length;
  expect(await server.reExec()).toMatchObject({ outcome: 'committed' });
  expect(server.of('noted', before)).toMatchObject([
    {
      master: server.master,
      msg: expect.stringMatching(/the re-exec brings v2 again, which tshorn rollback/),
    },
  ]);
});

thorough(
  'a release that is gone, was overwritten, or fails its probe never replaces the running one',
  async () => {
    deploy('v1');
    const server = await serve(1);
    const alone = await tshorn(server, 'rollback');
    expect(alone).toMatchObject({
      code: 1,
      errors: expect.stringContaining('there is no release to go back to'),
    });
    for (const release of ['v2', 'v3', 'v4']) {
      deploy(release);
      expect(await server.reload()).toMatchObject({ outcome: 'committed', release });
    }
    breaks('v1');
    fs.appendFileSync(appOf('v2'), '\n// overwritten');
    fs.rmSync(path.dirname(appOf('v3')), { recursive: true });
    for (const [words, outcome] of [
      [['v1'], /rolled back .*gen=4 still serves: .*500/],
      [['gen=2'], /refused .*v2\/app\.mjs has changed since gen=2 was loaded: its code is there no more/],
      [[], /refused .*releases\/v3 is gone[\s\S]*fix: `tshorn rollback 1` brings v1, whose code is there/],
      [
        ['v9'],
        /there is no release "v9" that can be served again; there are v1 \(gen=1\), and v4 \(gen=4\) serves/,
      ],
    ] as const) {
      expect(await tshorn(server, 'rollback', ...words)).toMatchObject({
        code: 1,
        errors: expect.stringMatching(outcome),
      });
    }
    expect(await says(server)).toBe('v4 v4');
    const { out } = await tshorn(server, 'releases');
    for (const line of [
      /4 +v4 +serves/,
      /3 +v3 +gone/,
      /2 +v2 +gone/,
      /1 +v1 +kept/,
      /5 +v1 +- +rolled-back/,
    ])
      expect(out).toMatch(line);
  },
);
