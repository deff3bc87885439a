/** Workers that boot beside serving ones have a low priority, and none that serves has. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from './support/eventually.ts';
import { endServers, fixture, startServer } from './support/server.ts';

/** Whether this process may lower another one and raise it again. */
function mayRaise(): boolean {
  if (process.platform !== 'linux') return false;
  const child = spawn('sleep', ['10'], { stdio: 'ignore' });
  try {
    os.setPriority(child.pid as number, 5);
    os.setPriority(child.pid as number, 0);
    return true;
  } catch {
    return false;
  } finally {
    child.kill();
  }
}

const whereAllowed = mayRaise() ? test : test.skip;
let directory: string;
let gate: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-priority-'));
  gate = path.join(directory, 'gate');
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true });
});

const threadsOf = (pid: number) => fs.readdirSync(`/proc/${pid}/task`).map(Number);
/** Empty for a thread that has ended since it was listed. */
function readOf(pid: number, thread: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

const childrenOf = (pid: number) =>
  threadsOf(pid)
    .flatMap((thread) => readOf(pid, thread, 'children').split(' '))
    .filter(Boolean)
    .map(Number);

/** Field 19 of proc(5): counted from behind the name, which may hold anything. */
const niceOf = (pid: number, thread: number): number[] => {
  const stat = readOf(pid, thread, 'stat');
  return stat === '' ? [] : [Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])];
};

/** The different values of a worker's threads, and of the processes that it has started. */
function nicesOf(pid: number): number[] {
  const processes = [pid, ...childrenOf(pid)];
  const all = processes.flatMap((process) => threadsOf(process).flatMap((thread) => niceOf(process, thread)));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** With its thread of its own and its process. */
const hasStarted = (pid: number) => childrenOf(pid).length === 1 && threadsOf(pid).length > 11;

async function start(...args: string[]) {
  fs.writeFileSync(gate, '');
  const app = fixture('starts-threads.mjs');
  return startServer(app, { workers: 2, env: { GATE: gate }, args: ['--soak', '0', ...args] });
}

/** Begins a reload and holds its first worker while it boots: its pid. */
async function bootingWorker(server: Awaited<ReturnType<typeof start>>): Promise<number> {
  fs.rmSync(gate);
  const from = server.lines.length;
  server.signal('SIGHUP');
  const pid = (await server.event('spawned', { from })).pid as number;
  await eventually('the app boots', () => hasStarted(pid), Boolean);
  return pid;
}

whereAllowed(
  'a worker is low while it boots beside others, and no thread of it is when it is ready',
  async () => {
    const server = await start();
    expect(server.readyPids.map(nicesOf)).toEqual([[0], [0]]);
    const from = server.lines.length;
    const pid = await bootingWorker(server);
    expect(nicesOf(pid)).toEqual([10]);
    expect(server.readyPids.map(nicesOf)).toEqual([[0], [0]]);
    fs.writeFileSync(gate, '');
    expect(await server.event('reload-finished', { from })).toMatchObject({ outcome: 'committed' });
    expect(server.readyPids).toContain(pid);
    expect(server.readyPids.map(nicesOf)).toEqual([[0], [0]]);
  },
);

whereAllowed('workers that boot while nobody serves are not lowered', async () => {
  const server = await start('--boot-nice', '19');
  const [one, other] = server.readyPids as [number, number];
  fs.rmSync(gate);
  const from = server.lines.length;
  process.kill(one, 'SIGKILL');
  process.kill(other, 'SIGKILL');
  // Both are gone before the first is brought back: nobody serves.
  const crashed = await server.event('crashed', { from, count: 2 });
  const { pid } = await server.event('spawned', { from: server.lines.indexOf(crashed) });
  await eventually('the app boots', () => hasStarted(pid as number), Boolean);
  expect(nicesOf(pid as number)).toEqual([0]);
  fs.writeFileSync(gate, '');
});

whereAllowed('a booting worker is raised when the last one that served is gone', async () => {
  const server = await start();
  const pid = await bootingWorker(server);
  for (const ready of server.readyPids) process.kill(ready, 'SIGKILL');
  await eventually(
    'raised',
    () => nicesOf(pid),
    (nices) => String(nices) === '0',
  );
  fs.writeFileSync(gate, '');
});

whereAllowed('--boot-nice 0 leaves priorities alone', async () => {
  const server = await start('--boot-nice', '0');
  expect(nicesOf(await bootingWorker(server))).toEqual([0]);
  fs.writeFileSync(gate, '');
});
