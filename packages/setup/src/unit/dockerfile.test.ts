import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeContainer } from './container.ts';
import { machineWith } from './testing/machine.ts';
import { instructionsOf } from './testing/parse-dockerfile.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  write('app.js', '');
  write('package.json', '{"name":"shop","dependencies":{"tshorn":"^1"}}');
  write('package-lock.json', '{}');
  write('.dockerignore', 'node_modules');
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

const write = (name: string, text: string) => fs.writeFileSync(path.join(cwd, name), text);

async function container(argv: string[], env: Record<string, string> = {}) {
  const stat = (file: string) =>
    fs.existsSync(file) ? { uid: 0, gid: 0, mode: 0o755, isDirectory: false } : undefined;
  const { files, warnings } = await makeContainer(argv, machineWith({ cwd, env, stat }));
  const all = instructionsOf(files[0]?.text ?? '');
  const of = (name: string) => all.filter((each) => each.name === name).map(({ value }) => value);
  return {
    all,
    of,
    warnings,
    cmd: JSON.parse(of('CMD')[0] ?? '') as string[],
    health: of('HEALTHCHECK')[0] ?? '',
  };
}

it('the image has the locked packages without those of development, and tshorn as PID 1 under another user than root', async () => {
  const { of, cmd, warnings } = await container(['app.js', '-w', '2']);
  expect(of('FROM')).toEqual(['node:24-slim AS build', 'node:24-slim']);
  expect(of('RUN')).toEqual(['npm ci --omit=dev']);
  expect(of('USER')).toEqual(['node']);
  expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(cmd).toEqual(['node_modules/.bin/tshorn', 'app.js', '--workers', '2']);
  expect(warnings).toEqual([]);
});

it('what a build needs is removed after the build', async () => {
  write('package.json', '{"dependencies":{"tshorn":"1"},"scripts":{"build":"tsc"}}');
  const { of } = await container(['app.js']);
  expect(of('RUN')).toEqual(['npm ci', 'npm run build', 'npm prune --omit=dev']);
  expect(of('COPY').at(-1)).toBe('--from=build /app ./');
});

it.each([
  ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile --prod'],
  ['yarn.lock', 'yarn install --frozen-lockfile --production'],
  ['none', 'npm install --omit=dev'],
])('with %s the packages come from %s', async (lock, command) => {
  fs.rmSync(path.join(cwd, 'package-lock.json'));
  write(lock, '');
  expect((await container(['app.js'])).of('RUN')).toContain(command);
});

describe('the server is reached from outside of the container', () => {
  it('by the port in PORT, which may be set when the container starts', async () => {
    const { of, cmd, health } = await container(['app.js']);
    expect(of('ENV')).toEqual(['NODE_ENV=production', 'PORT=8000']);
    expect(of('EXPOSE')).toEqual(['8000']);
    expect(cmd).not.toContain('--bind');
    expect(health).toContain('process.env.PORT || 8000');
  });

  it('and a loopback address becomes every address, with a warning', async () => {
    const { of, cmd, warnings, health } = await container(['app.js', '--bind', '127.0.0.1:3000']);
    expect(cmd).toEqual(['node_modules/.bin/tshorn', 'app.js', '--bind', ':3000']);
    expect(of('EXPOSE')).toEqual(['3000']);
    expect(warnings).toEqual([
      expect.stringContaining('127.0.0.1:3000 is reached only inside of the container'),
    ]);
    expect(health).toContain('http://127.0.0.1:3000/_status');
  });
});

describe('the health check', () => {
  it('asks as strictly as the probe does', async () => {
    expect((await container(['app.js'])).health).toContain('r.status < 500');
    const { health } = await container(['app.js', '--status-path', '/healthz', '--boot-timeout', '20s']);
    expect(health).toMatch(/--start-period=20s .*\/healthz.*r\.ok/);
  });

  it.each([
    [['--status-path', '']],
    [['--status-header', 'Authorization: x']],
    [['--bind', 'unix:/run/x.sock']],
  ])('asks the master with %j', async (flags) => {
    const { health, all } = await container(['app.js', ...flags]);
    expect(health).toContain('CMD ["node_modules/.bin/tshorn","status"]');
    expect(JSON.stringify(all)).not.toContain('Authorization');
  });
});

it('the time to stop is that of the drain', async () => {
  const { files } = await makeContainer(
    ['app.js', '--grace', '1m', '--stop-delay', '5s'],
    machineWith({ cwd }),
  );
  expect(files[0]?.text).toContain('--stop-timeout 70');
});

it('paths are those in the image, and what is outside of it is named', async () => {
  write('a.env', 'A=1');
  write('tshorn.config.json', '{"user":"www"}');
  const { cmd, warnings } = await container(['app.js', '--environment-file', `${cwd}/a.env`]);
  expect(cmd).toEqual(['node_modules/.bin/tshorn', 'app.js', '--environment-file', 'a.env', '--no-user']);
  expect(warnings).toEqual([]);
  const outside = await container(['app.js', '--environment-file', '/etc/app.env']);
  expect(outside.warnings).toEqual([expect.stringContaining('/etc/app.env is outside of')]);
});

it('names the variables that the app reads', async () => {
  write('app.js', 'connect(process.env.DATABASE_URL)');
  expect((await container(['app.js'])).warnings).toEqual([
    'the code reads DATABASE_URL: set it when the container is started',
  ]);
});

it('names a missing dependency on tshorn', async () => {
  write('package.json', '{}');
  expect((await container(['app.js'])).warnings).toEqual([expect.stringContaining('npm install tshorn')]);
});

it('without a .dockerignore there is a warning, and a second file', async () => {
  fs.rmSync(path.join(cwd, '.dockerignore'));
  expect((await container(['app.js'])).warnings).toEqual([expect.stringContaining('no .dockerignore')]);
  const { files } = await makeContainer(['app.js'], machineWith({ cwd }));
  expect(files.at(-1)).toMatchObject({
    name: '.dockerignore',
    text: expect.stringContaining('node_modules\n'),
  });
});
