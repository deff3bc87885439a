/** tshorn as PID 1, where the kernel drops a signal without a handler. Needs a PID namespace, which takes root. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cli, fixture } from './support/server.ts';

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const canIsolate = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
const asInit = canIsolate ? describe : describe.skip;

/** The output so far, and the exit code as unshare(1) passes it on. */
function startAsInit(...args: string[]) {
  const child: ChildProcess = spawn(
    'unshare',
    [
      ...NAMESPACE,
      process.execPath,
      cli,
      ...args,
      '--bind',
      '127.0.0.1:0',
      '--no-control',
      '--log-format',
      'json',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  const until = (what: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.includes(what) && resolve();
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (data) => {
          text += data;
          look();
        });
      }
      child.once('exit', () => reject(new Error(`it ended before ${what}: ${text}`)));
    });
  const signal = (name: NodeJS.Signals) => {
    const inside = fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    process.kill(Number(inside), name);
  };
  const exited = once(child, 'exit').then(([code]) => code as number);
  return { until, signal, exited };
}

asInit('as PID 1', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s ends a server', async (name) => {
    const server = startAsInit(fixture('says-hello.mjs'), '--workers', '1');
    await server.until('"event":"started"');
    server.signal(name);
    expect(await server.exited).toBe(0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('%s ends one that is still reading its config', async (name, code) => {
    const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-init-'));
    const config = path.join(directory, 'tshorn.config.mjs');
    fs.writeFileSync(
      config,
      "console.log('reading'); await new Promise(() => setInterval(() => {}, 1e6));\n",
    );
    const server = startAsInit(fixture('says-hello.mjs'), '--config', config);
    await server.until('reading');
    server.signal(name);
    expect(await server.exited).toBe(code);
    fs.rmSync(directory, { recursive: true });
  });
});
