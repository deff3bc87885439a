import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ImportedApp, importEcosystem, type RefusedApp } from './import.ts';
import { renderReport } from './report.ts';

let cwd: string;
beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  write('server.js', "require('http').createServer().listen(process.env.PORT);");
});
afterEach(() => fs.rmSync(cwd, { recursive: true }));

function write(name: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
  fs.writeFileSync(path.join(cwd, name), text);
}

const report = (exported: unknown, environment?: string) => {
  write('ecosystem.json', JSON.stringify(exported));
  return importEcosystem({ file: 'ecosystem.json', cwd, environment });
};

const importOne = async (app: object, environment?: string) =>
  (await report({ apps: [app] }, environment)).apps[0] as ImportedApp & RefusedApp;

const LOOK = { paint: (_: string, text: string) => text, width: 80, dryRun: false } as const;

describe('a script that ends by itself is not imported', () => {
  const job = {
    name: 'cleanup',
    script: 'worker/cleanup.js',
    autorestart: false,
    cron_restart: '*/15 * * * *',
    env: { NODE_ENV: 'production' },
  };

  it.each(["require('../lib/database').clean();", 'console.log(1);'])(
    'and the line for cron runs it: %s',
    async (text) => {
      write('worker/cleanup.js', text);
      const made = await report({ apps: [job] });
      const line = `*/15 * * * * cd ${cwd} && NODE_ENV=production node worker/cleanup.js`;
      expect(made).toMatchObject({ outcome: 'incomplete', apps: [{ name: 'cleanup', line }] });
      expect(renderReport(made, LOOK)).toContain(`cleanup: not imported\n`);
      expect(renderReport(made, LOOK).split('\n')).toContain(`    ${line}`);
      expect(fs.readdirSync(cwd)).not.toContain('tshorn.cleanup.config.mjs');
    },
  );

  it('unless it listens', async () => {
    expect(await importOne({ ...job, script: 'server.js' })).not.toHaveProperty('refused');
  });
});

it('two environments of one app are two files', async () => {
  const app = {
    name: 'api',
    script: 'server.js',
    env: { PORT: 3000 },
    env_production: { PORT: 80 },
    env_staging: { PORT: 81 },
  };
  for (const environment of [undefined, 'production', 'staging']) {
    expect((await report({ apps: [app] }, environment)).outcome).toBe('imported');
  }
  expect(fs.readdirSync(cwd).filter((name) => name.endsWith('.mjs'))).toEqual([
    'tshorn.api.config.mjs',
    'tshorn.api.production.config.mjs',
    'tshorn.api.staging.config.mjs',
  ]);
  const named = { ...app, append_env_to_name: true };
  expect(await importOne(named, 'production')).toMatchObject({ file: 'tshorn.api-production.config.mjs' });
});

it('the printed lines work after a local install', async () => {
  const made = await report({ apps: [{ name: 'api', script: 'server.js', cron_restart: '0 3 * * *' }] });
  const [app] = made.apps;
  expect(app).toMatchObject({
    start: 'npx tshorn --config tshorn.api.config.mjs',
    reload: 'npx tshorn reload',
  });
  const text = renderReport(made, { ...LOOK, width: 400 });
  expect(text).toContain('service: npx tshorn unit --name api --config tshorn.api.config.mjs\n');
  expect(text).toContain(`0 3 * * * cd ${cwd} && npx tshorn reload`);
});

it('the health check of the app becomes the status path', async () => {
  write('server.js', "if (request.url === '/healthz') response.end();");
  expect((await importOne({ script: 'server.js' })).text).toContain("statusPath: '/healthz', // found in");
});

it.each([
  [{ instances: 'maxx' }, 'instances', '"maxx" is no number'],
  [{ env: { PORT: '80a' } }, 'bind', 'env.PORT is "80a", which is no port'],
])('a mistake in the file is named: %j', async (mistake, key, text) => {
  const { notes } = await importOne({ name: 'api', script: 'server.js', ...mistake });
  expect(notes).toContainEqual({ kind: 'differs', key, text: expect.stringContaining(text) });
});

it('a file without apps is refused', async () => {
  await expect(report({ apps: [] })).rejects.toThrow('the list "apps" is empty');
});

it('an app is not run by the import', async () => {
  await expect(importEcosystem({ file: 'server.js', cwd })).rejects.toMatchObject({
    message: expect.stringContaining('is an app, and no ecosystem file'),
    fix: 'serve it: tshorn server.js',
  });
});
