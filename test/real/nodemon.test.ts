/**
 * tshorn beside the real nodemon, which is installed on demand: `npm run test:real -- nodemon`. Nodemon ends its shell by
 * the signal first, so that a master cannot find nodemon above it any more when its own signal comes.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cli, endServers, TestServer } from '../support/server.ts';
import { installPackages } from './harness/install.ts';

const NODEMON = 'nodemon@3.1.14';
const isChosen = ['', 'nodemon'].includes(process.env.REAL_PACKAGES ?? '');

function programOf(): string | undefined {
  try {
    return path.join(installPackages(NODEMON), 'node_modules/nodemon/bin/nodemon.js');
  } catch {
    return undefined;
  }
}

const nodemon = isChosen ? programOf() : undefined;
const describeWith = nodemon ? describe : describe.skip;
if (isChosen && !nodemon) test.skip(`npm cannot install ${NODEMON} here`, () => {});

const app = (answer: string) =>
  `module.exports = (request, response) => response.end(${JSON.stringify(answer)});`;

describeWith('beside nodemon', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
    file = path.join(directory, 'app.cjs');
    fs.writeFileSync(file, app('first'));
  });
  afterEach(async () => {
    await endServers();
    fs.rmSync(directory, { recursive: true });
  });

  const tshorn = `${process.execPath} ${cli} app.cjs --workers 1 --bind 127.0.0.1:0 --log-format json`;

  test.each([
    ['--exec', ['--exec', tshorn]],
    ['--exec through a shell and npm', ['--exec', `npm exec -- sh -c "${tshorn}; exit $?"`]],
    ['the program as its script', [cli, ...tshorn.split(' ').slice(2)]],
    ['--signal SIGHUP', ['--signal', 'SIGHUP', '--exec', tshorn]],
  ])('one master at a time, and each save is served: %s', async (_, args) => {
    const server = new TestServer('', {
      bare: true,
      cwd: directory,
      through: () => [process.execPath, nodemon as string, '--delay', '0.1', '--watch', 'app.cjs', ...args],
    });
    await server.started();
    for (const answer of ['second', 'third']) {
      const from = server.lines.length;
      fs.writeFileSync(file, app(answer));
      const { port } = await server.event('listening', { from });
      await server.event('started', { from });
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe(answer);
      await server.event('stopped', { from });
    }
    const masters = new Set(server.of('listening').map(({ master }) => master));
    expect(masters.size).toBe(3);
    expect(server.of('stopping').map(({ msg }) => msg)).toEqual(
      Array(2).fill(expect.stringMatching(/^stopping: quick stop by SIG(USR2|HUP) from nodemon/)),
    );
    expect(server.of('re-exec-started')).toEqual([]);
    expect(server.of('reload-started')).toEqual([]);
  });
});
