/** The files of `tshorn unit`, as systemd and a container start them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { directoryOutsideTmp } from '../packages/setup/src/unit/testing/outside-tmp.ts';
import { instructionsOf } from '../packages/setup/src/unit/testing/parse-dockerfile.ts';
import { argvOf, settingOf, settingsOf, wordsOf } from '../packages/setup/src/unit/testing/parse-unit.ts';
import { freePort } from './support/free-ports.ts';
import { ask } from './support/load.ts';
import { run } from './support/run.ts';
import { cli, endServers, fixture, TestServer } from './support/server.ts';
import { needing } from './support/systemd.ts';

const JSON_LOG = { TSHORN_LOG_FORMAT: 'json', TSHORN_SOAK: '50ms' };

let directory: string;
beforeEach(() => {
  directory = directoryOutsideTmp('.unit-files-');
  fs.copyFileSync(fixture('says-hello.mjs'), path.join(directory, 'app.mjs'));
  fs.writeFileSync(path.join(directory, 'package.json'), '{"name":"shop","dependencies":{"tshorn":"*"}}');
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

const file = (name: string): string => path.join(directory, name);

/** Writes the files of `tshorn unit` into the directory. */
async function write(args: readonly string[], cwd = directory): Promise<string> {
  const { code, text } = await run(['unit', ...args, '--write', directory], {
    cwd,
    env: { NODE_ENV: undefined },
  });
  expect({ code, text }).toMatchObject({ code: 0 });
  return text;
}

const read = (name: string): string => fs.readFileSync(file(name), 'utf8');

needing('systemd-analyze')(
  'systemd accepts the files, also with odd paths, and finds little exposed',
  async () => {
    const odd = file('my $app 100% "new"');
    fs.mkdirSync(odd);
    fs.copyFileSync(fixture('says-hello.mjs'), path.join(odd, 'app.mjs'));
    await write(['app.mjs', '--bind', ':80', '--log-file', 'a b.log', '--socket', '--name', 'shop'], odd);
    await write(['app.mjs', '--bind', ':80', '--name', 'plain']);
    for (const name of ['shop.service', 'shop.socket', 'plain.service']) {
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', file(name)], { encoding: 'utf8' });
      // Units of the machine itself may have faults.
      expect({ status, stderr: stderr.split('\n').filter((line) => /shop|plain/.test(line)) }).toEqual({
        status: 0,
        stderr: [],
      });
    }
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=yes', file('plain.service')], {
      encoding: 'utf8',
    });
    const [, exposure] = /exposure level for \S+: (\d+\.\d+)/.exec(stdout) ?? [];
    expect(Number(exposure ?? 0)).toBeLessThan(2.5);
  },
);

needing('systemd-socket-activate')(
  'the service serves the socket of its unit, reloads, and says how that ended',
  async () => {
    const port = await freePort();
    const control = file('control.sock');
    await write(['app.mjs', '-w', '1', '--bind', `127.0.0.1:${port}`, '--control', control, '--socket']);
    const [service, socket] = [read('shop.service'), read('shop.socket')];
    const server = new TestServer('', {
      cwd: settingOf(service, 'WorkingDirectory') ?? '',
      env: { ...variables(service), ...JSON_LOG },
      through: () => [
        'systemd-socket-activate',
        ...[...Object.keys(variables(service)), ...Object.keys(JSON_LOG)].flatMap((name) => ['-E', name]),
        ...[
          '--fdname',
          settingOf(socket, 'FileDescriptorName') ?? '',
          '-l',
          settingOf(socket, 'ListenStream') ?? '',
        ],
        ...argvOf(settingOf(service, 'ExecStart') ?? ''),
      ],
    });
    await server.until('it listens', () => server.output.includes('as 3'));
    expect((await ask({ port }, { path: '/', agent: false })).body).toBe('hello');
    await server.started();
    expect(server.of('listening')).toMatchObject([{ source: 'systemd', port }]);

    const reload = argvOf(settingOf(service, 'ExecReload') ?? '');
    expect(await exitOf(reload)).toBe(0);
    fs.writeFileSync(file('app.mjs'), 'not JavaScript');
    expect(await exitOf(reload)).toBe(1);
    expect((await ask({ port }, { path: '/', agent: false })).body).toBe('hello');
    expect(await server.stop()).toBe(0);
  },
);

test('the command and the health check of the image do what they say', async () => {
  fs.mkdirSync(file('node_modules/.bin'), { recursive: true });
  fs.symlinkSync(cli, file('node_modules/.bin/tshorn'));
  fs.writeFileSync(file('package-lock.json'), '{}');
  await write(['app.mjs', '-w', '1', '--container']);
  const all = instructionsOf(read('Dockerfile'));
  const last = (name: string) => all.findLast((each) => each.name === name)?.value ?? '';
  const environment = Object.fromEntries(
    all.filter(({ name }) => name === 'ENV').map(({ value }) => value.split('=') as [string, string]),
  );
  const port = String(await freePort());
  const env = { ...environment, PORT: port };
  const check = JSON.parse(/CMD (\[.+)$/.exec(last('HEALTHCHECK'))?.[1] ?? '') as string[];
  expect(await exitOf(check, env)).toBe(1);

  const server = new TestServer('', {
    cwd: directory,
    env: { ...env, ...JSON_LOG },
    through: () => JSON.parse(last('CMD')) as string[],
  });
  await server.started();
  expect(await exitOf(check, env)).toBe(0);
  const signal = `SIG${last('STOPSIGNAL').replace('SIG', '')}` as NodeJS.Signals;
  expect(await server.stop(signal)).toBe(0);
  expect(read('.dockerignore')).toContain('node_modules');
});

test('a file that exists is not overwritten, and neither is one beside it written', async () => {
  fs.writeFileSync(file('shop.socket'), 'mine');
  const { code, text } = await run(['unit', 'app.mjs', '--socket', '--write', '.'], { cwd: directory });
  expect(code).toBe(2);
  expect(text).toContain(`${file('shop.socket')} exists and is not overwritten`);
  expect(fs.existsSync(file('shop.service'))).toBe(false);
});

/** As `Environment=` sets them. */
const variables = (service: string): Record<string, string> =>
  Object.fromEntries(
    settingsOf(service)
      .filter(([name]) => name === 'Environment')
      .flatMap(([, value]) => wordsOf(value))
      .map((assignment) => assignment.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );

async function exitOf(
  [program = '', ...args]: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  const child = spawn(program, args, { cwd: directory, env: { ...process.env, ...env }, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return code as number;
}
