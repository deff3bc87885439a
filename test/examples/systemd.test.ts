/** The unit files of the examples are what systemd itself takes for right, and what docs/systemd.md asks for. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '../support/run.ts';
import { root } from '../support/server.ts';
import { needing } from '../support/systemd.ts';

const UNITS = path.join(root, 'examples/systemd');
const SERVICES = ['tshorn.service', 'with-verdict/tshorn.service'];
const read = (name: string): string => fs.readFileSync(path.join(UNITS, name), 'utf8');

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

for (const name of SERVICES)
  needing('systemd-analyze')(`${name} passes systemd-analyze verify, without one warning`, async () => {
    const version = Number(
      /\d+/.exec(execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' }))?.[0],
    );
    let service = read(name).replaceAll('/usr/local/bin/tshorn', process.execPath);
    // Its own first line says from which version on.
    if (version < 253) service = service.replace('Type=notify-reload', 'Type=notify');
    const files = { 'tshorn.service': service, 'tshorn.socket': read('tshorn.socket') };
    const paths = Object.entries(files).map(([file, text]) => {
      fs.writeFileSync(path.join(directory, file), text);
      return path.join(directory, file);
    });
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], { encoding: 'utf8' });
    // Other units of this machine may be invalid.
    expect(stderr.split('\n').filter((line) => line.includes('tshorn'))).toEqual([]);
    expect(status).toBe(0);
  });

test.each(SERVICES)('%s starts tshorn by options that it has', async (name) => {
  const [command] = /^ExecStart=\S+ .*$/m.exec(read(name)) ?? [];
  const [, ...args] = (command as string).replace('ExecStart=', '').split(' ');
  fs.writeFileSync(
    path.join(directory, 'app.js'),
    'module.exports = (_request, response) => response.end();',
  );
  const there = args.map((each) => each.replace('/srv/app/current', directory));
  expect(await run([...there, '--check-config'])).toMatchObject({ code: 0 });
});

test.each(SERVICES)('%s gives a drain the time that it may take', (name) => {
  const service = read(name);
  const seconds = (pattern: RegExp) => Number(pattern.exec(service)?.[1]);
  expect(seconds(/^TimeoutStopSec=(\d+)/m)).toBeGreaterThan(seconds(/--grace (\d+)/) + 3);
  expect(service).toMatch(/^NotifyAccess=all$/m);
  expect(service).toMatch(/^KillMode=mixed$/m);
});
