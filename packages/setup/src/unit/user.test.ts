import path from 'node:path';
import { resolveConfig } from '@tshorn/config';
import { missingVariables } from './missing-variables.ts';
import { settingOf } from './testing/parse-unit.ts';
import { Project } from './testing/units.ts';

const project = new Project();
beforeEach(() => project.make());
afterEach(() => project.remove());

describe('the user', () => {
  const root = { name: 'root', uid: 0, groups: [0], home: '/root' };

  it('of --user is the one of the service, and the master is not root', async () => {
    const { service, argv } = await project.units(
      ['app.js', '--user', 'www', '--group', 'web'],
      {},
      { account: root },
    );
    expect(settingOf(service, 'User')).toBe('www');
    expect(settingOf(service, 'Group')).toBe('web');
    expect(argv.join(' ')).not.toMatch(/--(user|group)/);
  });

  it('of a config file is as well, and tshorn does not try to become it', async () => {
    project.write('tshorn.config.json', '{"user":"www"}');
    const { service, argv } = await project.units(['app.js'], {}, { account: root });
    expect(settingOf(service, 'User')).toBe('www');
    expect(argv).toContain('--no-user');
  });

  it('is the one who has become root by sudo', async () => {
    const { service } = await project.units(['app.js'], {}, { account: root, env: { SUDO_USER: 'ann' } });
    expect(settingOf(service, 'User')).toBe('ann');
  });

  it('is warned of where this machine does not have it', async () => {
    const { warnings } = await project.units(['app.js', '--user', 'nobdy'], {}, { account: root });
    expect(warnings).toEqual(['this machine has no user nobdy: make it by useradd --system nobdy']);
    const known = await project.units(['app.js', '--user', 'www'], {}, { account: root });
    const byNumber = await project.units(['app.js', '--user', '4711'], {}, { account: root });
    expect([...known.warnings, ...byNumber.warnings]).toEqual([]);
  });

  it('is made by systemd where root asks', async () => {
    const { service } = await project.units(['app.js'], {}, { account: root });
    expect(settingOf(service, 'User')).toBeUndefined();
    expect(settingOf(service, 'DynamicUser')).toBe('yes');
  });

  it('is warned of what it cannot read or write', async () => {
    const stats = { '/usr/local/bin/tshorn': { mode: 0o700 } };
    const { warnings } = await project.units(['app.js', '--log-file', '/srv/log/x.log'], {}, { stats });
    expect(warnings).toEqual([
      'there is no directory /srv/log: make it before the service starts',
      'the user ann cannot read /usr/local/bin/tshorn: /usr/local/bin/tshorn is closed to it',
    ]);
  });
});

describe('the environment', () => {
  it('has what is in effect, and no other variable', async () => {
    const env = {
      PATH: '/usr/bin',
      PORT: '3000',
      NODE_ENV: 'staging',
      WEB_CONCURRENCY: '3',
      NODE_OPTIONS: '--import tsx',
      API_KEY: 'x',
      HOME: '/h',
    };
    const { environment, service } = await project.units(['app.js'], {}, { env });
    expect(environment).toEqual([
      'NODE_ENV=staging',
      'PORT=3000',
      'NODE_OPTIONS=--import tsx',
      'WEB_CONCURRENCY=3',
    ]);
    expect(service).not.toContain('API_KEY');
    expect(service).toContain(
      '# From the environment that `tshorn unit` was typed in.\nEnvironment=PORT=3000\n',
    );
    expect(service).toContain('#EnvironmentFile=/etc/shop.env');
  });

  it('variables that the app reads and nothing sets are named, once each', async () => {
    project.write(
      'app.js',
      'connect(process.env.DATABASE_URL); send(process.env.REGION, process.env.IN_FILE)',
    );
    project.write('x.json', '{ "env": { "REGION": "eu" } }');
    project.write('.env.shop', 'IN_FILE=1');
    const { service, warnings } = await project.units([
      'app.js',
      '-c',
      'x.json',
      '--environment-file',
      '.env.shop',
    ]);
    expect(warnings).toEqual([
      'the service needs DATABASE_URL, which the code reads: put it into /etc/shop.env',
    ]);
    expect(service).toContain('# It has to hold DATABASE_URL.\nEnvironmentFile=-/etc/shop.env\n');
    project.write('app.js', 'require("dotenv").config(); connect(process.env.DATABASE_URL)');
    project.write('.env', 'DATABASE_URL=x');
    expect((await project.units(['app.js'])).warnings).toEqual([]);
  });

  it('a variable that a config file passes on from the environment has to be set as well', async () => {
    const resolved = await resolveConfig({ argv: ['app.js'], env: {}, cwd: project.cwd });
    project.write('app.js', 'connect(process.env.DATABASE_URL)');
    project.write('x.config.mjs', 'export default { env: { DATABASE_URL: process.env.DATABASE_URL } }');
    const file = path.join(project.cwd, 'x.config.mjs');
    const config = { ...resolved.config, env: { DATABASE_URL: '' } };
    const app = path.join(project.cwd, 'app.js');
    expect(missingVariables({ ...resolved, config, file }, app, new Set())).toEqual(['DATABASE_URL']);
    expect(missingVariables({ ...resolved, config }, app, new Set())).toEqual([]);
    expect(missingVariables(resolved, app, new Set(['DATABASE_URL']))).toEqual([]);
  });

  it('never has the secret of a probe: a file that root alone reads has it', async () => {
    const argv = ['app.js', '--status-header', 'Authorization: Bearer hunter2'];
    const { service } = await project.units(argv);
    expect(service).not.toContain('hunter2');
    expect(service).toContain('# It has to hold TSHORN_STATUS_HEADER.\nEnvironmentFile=/etc/shop.env\n');
    const other = await project.units(['app.js', '--status-header', 'Host: shop.example']);
    expect(other.argv).toContain('Host: shop.example');
  });

  it('names the directory of a Node that is not in the PATH of systemd', async () => {
    const execPath = '/opt/node/bin/node';
    const { environment } = await project.units(['app.js'], {}, { execPath, files: { [execPath]: true } });
    expect(environment[0]).toBe(
      'PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    );
  });
});
