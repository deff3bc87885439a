/** `import { start } from 'tshorn'` in a script of somebody's own, as a real process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ask } from './support/load.ts';
import { fixture, root } from './support/server.ts';

interface Told {
  readonly what: 'notice' | 'returned' | 'failed' | 'hook' | 'finished';
  readonly call?: string;
  readonly value?: unknown;
  readonly notice?: { readonly event: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

class Script {
  readonly told: Told[] = [];
  readonly exited: Promise<number | null>;
  log = '';
  readonly #process: ChildProcess;
  #waiting: (() => void)[] = [];
  #ended = false;

  constructor(options: object = {}, app = fixture('status-from-file.mjs')) {
    this.#process = spawn(process.execPath, [fixture('embeds-tshorn.mjs'), app, JSON.stringify(options)], {
      cwd: root,
      env: { ...process.env, STATUS_FILE: statusFile },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      this.told.push(JSON.parse(line));
      this.#wake();
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    this.exited = once(this.#process, 'close').then(([code]) => {
      this.#ended = true;
      this.#wake();
      return code;
    });
    scripts.push(this);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async until(look: (told: Told) => boolean, from = 0): Promise<Told> {
    for (;;) {
      const found = this.told.slice(from).find(look);
      if (found) return found;
      if (this.#ended) throw new Error(`the script ended\n${JSON.stringify(this.told)}\n${this.log}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  notice(event: string, from = 0): Promise<Told> {
    return this.until(({ notice }) => notice?.event === event, from);
  }

  /** Calls a method of the server; resolves with what it returned, or what it rejected with. */
  async call(call: string, ...args: unknown[]): Promise<Told> {
    const from = this.told.length;
    this.#process.stdin?.write(`${JSON.stringify({ call, args })}\n`);
    return this.until((told) => told.call === call, from);
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}

interface Status {
  readonly state: string;
  readonly generation: number;
  readonly size: number;
  readonly listeners: string[];
  readonly traffic: object;
  readonly workers: { slot: number; generation: number; state: string; pid: number; uptimeMs: number }[];
}

const scripts: Script[] = [];
let directory: string;
let statusFile: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  statusFile = path.join(directory, 'status');
});
afterEach(async () => {
  await Promise.all(scripts.splice(0).map((script) => script.end()));
  rmSync(directory, { recursive: true });
});

const statusOf = async (script: Script): Promise<Status> => (await script.call('status')).value as Status;

test('start, status and stop; the script ends by itself with the code that it chose', async () => {
  const script = new Script({ workers: 2 });
  expect((await script.notice('started')).notice).toMatchObject({ size: 2 });
  const status = await statusOf(script);
  expect(status).toMatchObject({ state: 'running', generation: 1, size: 2 });
  const none = { handoff: 'on', moved: 0, refused: {}, closed: 0, forceClosed: 0 };
  expect(status.traffic).toEqual(none);
  expect(status.workers.map(({ slot, state }) => [slot, state])).toEqual([
    [0, 'ready'],
    [1, 'ready'],
  ]);
  const port = Number(status.listeners[0]?.split(':')[1]);
  expect((await ask({ port }, { path: '/', agent: false })).body).toBe('hello');

  expect(await script.call('stop')).toMatchObject({ what: 'returned', value: 0 });
  expect(await script.exited).toBe(0);
  expect(script.told.filter(({ what }) => what === 'finished')).toEqual([{ what: 'finished', code: 0 }]);
  for (const { pid } of status.workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('reload() resolves with the verdict, good or bad', async () => {
  const script = new Script();
  await script.notice('started');
  expect((await script.call('reload')).value).toMatchObject({
    outcome: 'committed',
    generation: 2,
    replaced: 1,
  });
  writeFileSync(statusFile, '500');
  const { value } = await script.call('reload');
  expect(value).toMatchObject({ outcome: 'rolled-back', generation: 3, replaced: 0 });
  expect((value as { reason: string }).reason).toContain('/_status answered 500');
  expect(await statusOf(script)).toMatchObject({ state: 'running', generation: 2 });
});

test('scale() goes up and down, and says why it cannot', async () => {
  const script = new Script();
  await script.notice('started');
  expect((await script.call('scale', 3)).what).toBe('returned');
  const up = await statusOf(script);
  expect(up.size).toBe(3);
  expect(up.workers.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
  expect((await script.call('scale', 1)).what).toBe('returned');
  expect((await statusOf(script)).size).toBe(1);
  expect((await script.call('scale', 1)).what).toBe('returned');

  expect(await script.call('scale', 0)).toMatchObject({ what: 'failed', code: 'ERR_OPTION' });
});

test('a reload under way is aborted by a stop, and says so', async () => {
  const script = new Script({ bootTimeout: 20, soak: '60s' });
  await script.notice('started');
  const from = script.told.length;
  const reload = script.call('reload');
  await script.until(({ notice }) => notice?.event === 'spawned', from);
  const stop = script.call('stop', 'quick');
  expect((await reload).value).toMatchObject({ outcome: 'aborted' });
  expect((await stop).value).toBe(0);
  expect(await script.exited).toBe(0);
});

test('hooks of the master can be given inline', async () => {
  const script = new Script({ hook: 'whenReady' });
  expect(await script.until(({ what }) => what === 'hook')).toMatchObject({ hook: 'whenReady' });
});

test.each([
  [{ hook: 'postFork' }, 'ERR_HOOK', 'hooks.postFork runs in a worker', 'put it in a config file'],
  [{ hook: 'postFrok' }, 'ERR_HOOK', 'did you mean postFork?', 'the hooks are'],
  [{ workers: 0 }, 'ERR_OPTION', 'start(): workers: got 0; expected a whole number', undefined],
  [{ app: './missing.mjs' }, 'ERR_APP_MISSING', 'cannot find "./missing.mjs"', 'name the file'],
])('start(%j) rejects with %s', async (options, code, message, fix) => {
  const script = new Script(options);
  const told = await script.until(({ what }) => what === 'failed');
  expect(told).toMatchObject({ call: 'start', name: 'TshornError', code });
  expect(told.message).toContain(message);
  if (fix) expect(told.fix).toContain(fix);
  // Nothing is left open: the script ends by itself.
  expect(await script.exited).toBe(0);
});
