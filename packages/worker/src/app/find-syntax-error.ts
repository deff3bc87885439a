/**
 * Where an ES module graph fails to parse. Node keeps that place to itself unless it dies of the error,
 * so another Node is asked: it parses the graph file by file, without running any of it.
 */
import { spawn } from 'node:child_process';

/** Two starts of Node, at the low priority of a worker that boots: on a full machine that takes seconds. */
const DEADLINE_MS = 15_000;

/** Each file that does not parse as a module is checked by `node --check`, which knows CommonJS as well. */
const SEARCH = `
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
const queue = [pathToFileURL(process.argv[1]).href];
for (const url of queue) {
  const file = fileURLToPath(url);
  let names;
  try {
    const module = new vm.SourceTextModule(readFileSync(file, 'utf8'), { identifier: url });
    names = module.moduleRequests?.map((request) => request.specifier) ?? module.dependencySpecifiers;
  } catch {
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    if (status !== 0 && stderr.includes('SyntaxError')) {
      process.stdout.write(stderr.split(/\\n +at /, 1)[0].trimEnd());
      break;
    }
    names = [];
  }
  for (const name of names) {
    if (!/^(?:\\.{0,2}\\/|file:)/.test(name)) continue;
    const next = new URL(name, url).href;
    if (/\\.[mc]?[jt]s$/.test(next) && !queue.includes(next)) queue.push(next);
  }
}`;

/** `file:line`, the line, a caret and the error; undefined when it cannot be found in time. */
export function findSyntaxError(file: string): Promise<string | undefined> {
  const options = [
    '--experimental-vm-modules',
    '--no-warnings',
    '--input-type=module',
    '-e',
    SEARCH,
    '--',
    file,
  ];
  return new Promise((resolve) => {
    const search = spawn(process.execPath, options, {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: DEADLINE_MS,
    });
    let found = '';
    search.stdout.setEncoding('utf8').on('data', (text: string) => {
      found += text;
    });
    search.on('error', () => resolve(undefined));
    search.on('close', () => resolve(found === '' ? undefined : found));
  });
}
