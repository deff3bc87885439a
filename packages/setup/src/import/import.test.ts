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
