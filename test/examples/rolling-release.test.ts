/** The script that brings a release to one host after the other: here each host is a directory with a server on loopback. */
import { type SpawnSyncReturns, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { directory, ownDirectory } from '../support/directory.ts';
import { ask } from '../support/load.ts';
import { brief, thorough } from '../support/long.ts';
import { cli, root, startServer, type TestServer } from '../support/server.ts';

const SCRIPT = path.join(root, 'examples/hosts/rolling-release.sh');

ownDirectory();

const of = (host: string, name: string): string => path.join(directory, host, name);

/** Lays the release into the directory of the host. */
function lay(host: string, release: string, status = 200): void {
  fs.mkdirSync(of(host, `releases/${release}`), { recursive: true });
  fs.writeFileSync(
    of(host, `releases/${release}/app.mjs`),
    `export default ({ url }, response) => {
      response.statusCode = url === '/_status' ? ${status} : 200;
      response.end('${release}');
    };`,
  );
}

async function host(name: string): Promise<TestServer> {
  lay(name, 'v1');
  fs.symlinkSync('releases/v1', of(name, 'current'));
  return startServer('current/app.mjs', {
    cwd: path.join(directory, name),
    args: ['--control', of(name, 'control'), '--probe-attempts', '1'],
  });
}

/** Does as ssh does: runs the words in the home of a host, and ends with 255 where there is none. */
function on(): string {
  const file = path.join(directory, 'on');
  const script = `#!/bin/sh
    cd "${directory}/$1" 2>/dev/null || { echo "no route to host $1" >&2; exit 255; }
    shift
    TSHORN_CONTROL=./control exec $*`;
  fs.writeFileSync(file, script, { mode: 0o755 });
  return file;
}

async function release(name: string, hosts: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const child = spawn(SCRIPT, hosts, {
    env: {
      ...{ ...process.env, ON: on(), TSHORN: `${process.execPath} ${cli}` },
      ...{ LINK: 'current', RELEASE: `releases/${name}`, ...more },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[SpawnSyncReturns<string>['status']]>;
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, lines: out.trim().split('\n'), errors };
}

const serves = async (server: TestServer): Promise<string> =>
  (await ask({ port: server.port }, { path: '/' })).body;
const leadsTo = (name: string): string => fs.readlinkSync(of(name, 'current'));

thorough(
  'a release comes to every host, and one that the last host rejects is on none afterwards',
  async () => {
    const [a, b] = await Promise.all([host('a'), host('b')]);
    for (const name of ['a', 'b']) lay(name, 'v2');
    expect(await release('v2', ['a', 'b'])).toMatchObject({
      code: 0,
      lines: [
        expect.stringMatching(/^a: reload to gen=2 committed: .*release=v2/),
        expect.stringMatching(/^b: reload to gen=2 committed: .*release=v2/),
        'every host serves the release: a b',
      ],
    });

    lay('a', 'v3');
    lay('b', 'v3', 500);
    expect(await release('v3', ['a', 'b'])).toMatchObject({
      code: 1,
      lines: [
        expect.stringMatching(/^a: reload to gen=3 committed: .*release=v3/),
        expect.stringMatching(/^b: .*reload to gen=3 rolled back .*\/_status answered 500/),
        expect.stringMatching(/^a: reload to gen=4 committed: .*release=v2/),
        'stopped: b did not take the release',
      ],
    });
    expect([await serves(a), await serves(b)]).toEqual(['v2', 'v2']);
    expect([leadsTo('a'), leadsTo('b')]).toEqual(['releases/v2', 'releases/v2']);
  },
);

thorough('a failed check and a host that is not there bring every other host back', async () => {
  const a = await host('a');
  lay('a', 'v2');
  expect(await release('v2', ['a', 'b'], { CHECK: 'false' })).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(/^a: reload to gen=2 committed/),
      expect.stringMatching(/^a: reload to gen=3 committed: .*release=v1/),
      'stopped: the check failed after a: false',
    ],
  });
  // The same release again: its reload commits, and nothing is there to go back to.
  expect(await release('v1', ['a', 'nowhere'])).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(/^a: reload to gen=4 committed/),
      'nowhere: cannot be asked',
      'a: served this release before',
      'stopped: nowhere did not take the release',
    ],
    errors: 'no route to host nowhere\n',
  });
  expect(await serves(a)).toBe('v1');
  expect(leadsTo('a')).toBe('releases/v1');
});

brief('of several masters on a host none is taken, and an error is told with its reason', async () => {
  lay('a', 'v1');
  fs.symlinkSync('releases/v1', of('a', 'current'));
  const env = { XDG_RUNTIME_DIR: directory };
  const start = (...args: string[]) =>
    startServer('current/app.mjs', { cwd: path.join(directory, 'a'), env, args });
  const [a] = await Promise.all([start('--pid-file', 'pid'), start()]);
  lay('a', 'v2');
  fs.writeFileSync(of('a', 'releases/v2/app.mjs'), "throw new Error('no database');");
  // Nothing tells it which master is meant.
  const shell = path.join(directory, 'shell');
  fs.writeFileSync(shell, `#!/bin/sh\ncd "${directory}/$1" && shift && exec $*\n`, { mode: 0o755 });
  const there = { ...env, ON: shell };
  expect(await release('v2', ['a'], there)).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(/^a: several masters run there: set MASTER/),
      'stopped: a did not take the release',
    ],
  });
  expect(leadsTo('a')).toBe('releases/v1');
  expect(await release('v2', ['a'], { ...there, MASTER: '--pid-file pid' })).toMatchObject({
    code: 1,
    lines: [
      expect.stringMatching(/^a: tshorn: reload to gen=2 rolled back .*no database/),
      'a:   | Error: no database',
      expect.stringMatching(/^a: {3}\| +at .*app\.mjs:1/),
      'stopped: a did not take the release',
    ],
  });
  expect(await serves(a)).toBe('v1');
});
