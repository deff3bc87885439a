/** Every kind of app behind the real `tshorn`, held to one list of promises. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { APPS_FOLDER } from './apps.ts';
import { runConformance, type Served } from './list.ts';

const CLI = process.env.TSHORN_CLI ?? resolve('packages/tshorn/dist/cli.js');

async function start(app: string): Promise<Served> {
  const server = spawn(process.execPath, [CLI, app, '--bind', '127.0.0.1:0', '--workers', '1'], {
    cwd: APPS_FOLDER,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let log = '';
  const port = await new Promise<number>((ready, fail) => {
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const listening =
        /"event":"listening".*"port":(\d+)/.exec(log) ?? /"port":(\d+).*"event":"listening"/.exec(log);
      if (listening && /"event":"ready"/.test(log)) ready(Number(listening[1]));
    });
    server.once('exit', (code) => fail(new Error(`the server left with ${code}:\n${log}`)));
  });
  return {
    port,
    log: () => log,
    async stop() {
      if (server.exitCode !== null) return;
      server.kill('SIGQUIT');
      await once(server, 'exit');
    },
  };
}

runConformance(start);
