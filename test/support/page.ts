/**
 * Runs a page of the documentation as its reader would. Its fenced blocks are, by the words behind the fence:
 * `js app.js`: a file to write; `console`: commands behind `$ `, each followed by what it prints; `console server`: a
 * command that goes on, in a terminal of its own, or what it prints next (`^C` stops it). `...` stands for any lines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_MS } from './deadline.ts';

export interface Step {
  readonly kind: 'file' | 'command' | 'server';
  /** The command as the page has it, or the name of a file. Empty: further lines of the server. */
  readonly head: string;
  /** The lines that are expected, or the lines of the file. */
  readonly lines: readonly string[];
  readonly line: number;
}

export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  const all = markdown.split('\n');
  for (let at = 0; at < all.length; at++) {
    const [, info] = /^```(.+)$/.exec(all[at] as string) ?? [];
    if (!info) continue;
    const end = all.indexOf('```', at);
    const [language, name = ''] = info.split(' ');
    const lines = all.slice(at + 1, end);
    if (language === 'console')
      steps.push(...commandsOf(lines, { isServer: name === 'server', line: at + 2 }));
    else if (name) steps.push({ kind: 'file', head: name, lines, line: at + 2 });
    at = end;
  }
  return steps;
}

function commandsOf(
  lines: readonly string[],
  { isServer, line }: { isServer: boolean; line: number },
): Step[] {
  const heads = lines.flatMap((text, index) => (/^(?:\$ |\^C)/.test(text) ? [index] : []));
  const starts = heads[0] === 0 ? heads : [-1, ...heads];
  return starts.map((start, index) => ({
    kind: isServer ? 'server' : 'command',
    head: (lines[start] ?? '').replace(/^\$ /, ''),
    lines: lines.slice(start + 1, starts[index + 1]),
    line: line + Math.max(start, 0),
  }));
}

/** The parts that differ from run to run, in the page and in the output alike. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/^\[\d\d:\d\d:\d\d\.\d{3}\]/, '[TIME]'],
  [/\bpid=\d+/g, 'pid=N'],
  [/\btshorn \d+\.\d+\.\d+/, 'tshorn VERSION'],
  [/\bNode [\d.]+ on \w+ \w+/, 'Node VERSION'],
  [/^ExecStart=\S+/, 'ExecStart=NODE'],
  [/\bmaster \d+/g, 'master N'],
  [/\bworker=\d/g, 'worker=N'],
  [/\S+\/\d+\.sock/g, 'SOCKET'],
  [/\b\d+(?:\.\d+)? ?(?:ms|s|m)\b/g, 'DURATION'],
  [/\b\d+ MB\b/g, 'N MB'],
  [/\bmoved=\d+ finished=\d+ closed=\d+/g, 'moved=N finished=N closed=N'],
  // A row of `tshorn status`: worker, gen, pid, state, uptime, connections, requests, memory.
  [/^\s+\d\s+(\d)\s+\d+\s+(\w+)\s+DURATION\s+\d+\s+\d+\s+N MB$/, 'WORKER $1 $2'],
  [/ {2,}/g, '  '],
];
const plain = (line: string): string =>
  VARIABLE.reduce(
    (text, [pattern, name]) =>
      text.replaceAll(new RegExp(pattern, `${pattern.flags.replace('g', '')}g`), name),
    line,
  ).trimEnd();

/**
 * Lines that a terminal does not keep, those that only root sees, and those that warn of the temporary directory of a test.
 * The lines after such a line belong to it.
 */
const IS_NOISE =
  /^(?:step \d+\/\d+|reload to gen=\d+ by|\[TIME\] WARN: workers run as root|tshorn: warning: .*(?:will not last|lies in \/tmp))/;
const withoutNoise = (lines: readonly string[]): string[] => {
  let isNoise = false;
  return lines.filter((line) => {
    isNoise = IS_NOISE.test(line) || (isNoise && line.startsWith('  |'));
    return !isNoise;
  });
};

/** Returns the first expected line that is missing, or a line that nobody expects; undefined if all is as expected. */
export function difference(expected: readonly string[], printed: readonly string[]): string | undefined {
  const wanted = expected.map(plain);
  const rest = withoutNoise(printed.map(plain));
  let isAny = false;
  for (const line of wanted) {
    if (line === '...') isAny = true;
    else {
      const at = rest.indexOf(line);
      if (at < 0) return `there is no line: ${line}`;
      if (at > 0 && !isAny) return `there is another line: ${rest[0]}`;
      rest.splice(0, at + 1);
      isAny = false;
    }
  }
  return undefined;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => (exitCode ?? signalCode) !== null;

interface Terminal {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<[code: number | null]>;
}

export class Reader {
  #cwd: string;
  readonly #home: string;
  #code = 0;
  #server: Terminal | undefined;
  readonly #replace: (text: string) => string;
  readonly #back: (text: string) => string;
  readonly #env: Readonly<Record<string, string>>;

  /**
   * @param home the directory that is `/srv` in the page
   * @param said pairs of what the page says and what it is here, such as a port
   */
  constructor(home: string, said: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
    this.#home = home;
    this.#cwd = home;
    this.#env = env;
    const pairs = Object.entries(said);
    this.#replace = (text) => pairs.reduce((now, [page, here]) => now.replaceAll(page, here), text);
    this.#back = (text) => pairs.reduce((now, [page, here]) => now.replaceAll(here, page), text);
  }

  /** Throws with the place in the page where something else is printed than it says. */
  async take(step: Step): Promise<void> {
    if (step.kind === 'file') {
      const file = path.join(this.#cwd, step.head);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.#replace(`${step.lines.join('\n')}\n`));
    } else if (step.kind === 'command') await this.#command(step);
    else await this.#onServer(step);
  }

  async close(): Promise<void> {
    const { child, ended } = this.#server ?? {};
    this.#server = undefined;
    if (!child || hasEnded(child)) return;
    process.kill(-(child.pid as number), 'SIGKILL');
    await ended;
  }

  #spawn(command: string): Terminal {
    const env = { ...process.env, ...this.#env, PORT: undefined, WEB_CONCURRENCY: undefined };
    // A process group of its own, as a terminal gives it.
    const child = spawn('sh', ['-c', command], {
      cwd: this.#cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const told = { child, lines: [] as string[], ended: once(child, 'close') as Promise<[number | null]> };
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() as string;
        told.lines.push(...parts.map((line) => this.#back(line.replaceAll(this.#home, '/srv'))));
      });
      stream?.on('end', () => rest && told.lines.push(rest));
    }
    return told;
  }

  async #command(step: Step): Promise<void> {
    const text = this.#replace(step.head);
    const { child, lines, ended } = this.#spawn(
      `(exit ${this.#code}); ${text}; code=$?; echo; echo "cwd=$PWD"; exit $code`,
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
    const [code] = await ended;
    this.#code = code ?? 1;
    clearTimeout(timer);
    const cwd = lines.findLastIndex((line) => line.startsWith('cwd='));
    const printed = lines.toSpliced(cwd, 1);
    if (cwd > 0) printed.splice(cwd - 1, 1);
    // A command that ends the shell itself has not said where it is.
    this.#cwd = cwd < 0 ? this.#cwd : (lines[cwd] as string).slice('cwd='.length).replace('/srv', this.#home);
    this.#mustFit(step, printed);
  }

  async #onServer(step: Step): Promise<void> {
    if (step.head === '^C') process.kill(-(this.#server?.child.pid as number), 'SIGINT');
    else if (step.head) {
      await this.close();
      this.#server = this.#spawn(`exec ${this.#replace(step.head)}`);
    }
    if (!this.#server) throw new Error(`line ${step.line}: no server runs`);
    const { child, lines, ended } = this.#server;
    let isLate = false;
    const deadline = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
      isLate = true;
    });
    // Waits until the expected lines are there, or will never be.
    while (difference(step.lines, lines) && !isLate && !hasEnded(child)) {
      await Promise.race([once(child.stderr as NodeJS.ReadableStream, 'data'), ended, deadline]);
    }
    if (step.head === '^C') await Promise.race([ended, deadline]);
    this.#mustFit(step, lines);
    lines.length = 0;
  }

  #mustFit(step: Step, printed: readonly string[]): void {
    const why = difference(step.lines, printed);
    if (!why) return;
    const shown = printed.map((line) => `  | ${line}`).join('\n');
    throw new Error(`line ${step.line}, ${step.head || 'the server'}: ${why}\nit prints:\n${shown}`);
  }
}

export const stepsOfFile = (file: string): Step[] => stepsOf(readFileSync(file, 'utf8'));
