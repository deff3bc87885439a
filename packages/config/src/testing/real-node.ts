/**
 * Calls this package as a real Node process has it. Under jest `import()` is `require`, which can load
 * neither yargs-parser nor an ES module of a user.
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { Command } from '../parse-command.ts';
import type { Resolved, ResolveRequest } from '../resolve.ts';

const SERVER = `
import * as config from './SUBJECT';
const plain = (value) => {
  if (typeof value === 'function') return 'function ' + value.name;
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};
process.on('disconnect', () => process.exit());
process.on('message', async ({ id, name, args }) => {
  try {
    process.send({ id, value: plain(await config[name](...args)) });
  } catch ({ code, message, fix, detail, stack }) {
    process.send({ id, error: code ? { code, message, fix, detail } : { message: stack } });
  }
});
`;

interface Answer {
  id: number;
  value?: unknown;
  error?: { code?: string; message: string; fix?: string; detail?: string };
}

export class RealNode {
  #child: ChildProcess;
  #calls = 0;
  #directory: string;

  constructor() {
    const root = join(__dirname, '..', '..');
    // Beside the packages that the bundle imports, so that they are found.
    const cache = join(root, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    const directory = mkdtempSync(join(cache, 'real-node-'));
    this.#directory = directory;
    buildSync({
      entryPoints: [join(root, 'src', 'index.ts')],
      outfile: join(directory, 'subject.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['yargs-parser', 'fastest-levenshtein'],
    });
    writeFileSync(join(directory, 'server.mjs'), SERVER.replace('SUBJECT', 'subject.mjs'));
    this.#child = fork(join(directory, 'server.mjs'), { serialization: 'advanced', execArgv: [] });
  }

  resolveConfig(request: ResolveRequest): Promise<Resolved> {
    return this.#call('resolveConfig', request) as Promise<Resolved>;
  }

  parseCommand(argv: string[]): Promise<Command> {
    return this.#call('parseCommand', argv) as Promise<Command>;
  }

  loadHooks(file: string): Promise<Record<string, string>> {
    return this.#call('loadHooks', file) as Promise<Record<string, string>>;
  }

  /** Runs a program that may use this package in a process without a channel, and returns all that it prints. */
  runAlone(program: string): string {
    const file = join(this.#directory, 'alone.mjs');
    writeFileSync(file, `import { readConfigFile } from './subject.mjs';\n${program}`);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 20_000 });
    return stdout + stderr;
  }

  stop(): void {
    this.#child.disconnect();
    rmSync(this.#directory, { recursive: true });
  }

  #call(name: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      const onMessage = (answer: Answer) => {
        if (answer.id !== id) return;
        this.#child.off('message', onMessage);
        if (answer.error) reject(Object.assign(new Error(answer.error.message), answer.error));
        else resolve(answer.value);
      };
      this.#child.on('message', onMessage);
      this.#child.send({ id, name, args });
    });
  }
}
