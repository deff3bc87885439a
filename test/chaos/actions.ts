/** Faults, each as one act. An act resolves when it is done; the ledger says which failures it explains. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from '../support/control.ts';
import { eventually } from '../support/descriptors.ts';
import type { Random } from '../support/random.ts';
import { clientsOf, type Ledger } from './faults.ts';
import { BAD_RELEASES, type ChaosServer } from './server.ts';

export interface Scene {
  readonly server: ChaosServer;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Broken promises that are seen at once. */
  readonly broken: string[];
}

type Act = (scene: Scene) => Promise<unknown>;

const run = promisify(execFile);

async function anyWorker({ server, random }: Scene): Promise<number | undefined> {
  const ready = (await server.status()).workers.filter(({ state }) => state === 'ready');
  return ready.length > 0 ? random.of(ready).pid : undefined;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {} // The process has ended by itself.
}

/** Stops a worker. Resolves when it has stopped: until then it may accept a connection that a look would miss. */
async function stop(pid: number): Promise<void> {
  kill(pid, 'SIGSTOP');
  await eventually(
    'the stop',
    () => stateOf(pid),
    (state) => state === 'T' || state === undefined,
  );
}

/** The state of a process as one letter; undefined after its end. */
function stateOf(pid: number): string | undefined {
  try {
    const state = /^State:\s+(\w)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state === 'Z' ? undefined : state;
  } catch {
    return undefined;
  }
}

/** One request that is there for what it does; nobody waits for its answer. */
function provoke({ server }: Scene, path: string): void {
  const sent = http.get({ host: '127.0.0.1', port: server.port, path, agent: false }, (response) =>
    response.resume(),
  );
  sent.once('error', () => {});
}

async function killWorker(scene: Scene) {
  const pid = await anyWorker(scene);
  if (pid === undefined) return;
  // Stopped first: it can accept nobody between the look and the end.
  await stop(pid);
  scene.ledger.strike('kill -9', clientsOf(pid, scene.server.port));
  kill(pid, 'SIGKILL');
}

async function freeze(scene: Scene, ms: number) {
  const pid = await anyWorker(scene);
  if (pid === undefined) return;
  const struck = Date.now();
  await stop(pid);
  const clients = clientsOf(pid, scene.server.port);
  await sleep(ms);
  // Long enough, and it is taken for hung.
  if (ms > 2_500) scene.ledger.strike('SIGSTOP', clients, struck);
  kill(pid, 'SIGCONT');
}

let reloading = Promise.resolve('');
/** One deploy at a time: who moves the link waits for the verdict. */
function deploy({ server, broken }: Scene, release: string): Promise<string> {
  // One that could not even ask must not keep the others from it.
  reloading = reloading
    .catch(() => '')
    .then(async () => {
      server.deploy(release);
      try {
        const outcome = await server.reload();
        if (release !== 'good' && outcome === 'committed')
          broken.push(`the release "${release}" was committed`);
        return outcome;
      } finally {
        server.deploy('good');
      }
    });
  return reloading;
}

async function scale({ server, random }: Scene) {
  const to = 2 + random.below(4);
  await request(server.file('control.sock'), 'POST', '/scale?wait=0', JSON.stringify({ to }));
}

async function junk({ server, random }: Scene) {
  for (let client = 0; client < 5; client++) {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(
      random.chance(0.5) ? randomBytes(random.below(3_000)) : 'GET / HTTP/1.1\r\nhost: x\r\nx-junk: ',
    );
    setTimeout(() => (random.chance(0.5) ? socket.destroy() : socket.end()), random.below(3_000));
  }
}

async function leaveInTheMiddle({ server, random }: Scene) {
  for (let client = 0; client < 5; client++) {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /slow?ms=1000 HTTP/1.1\r\nhost: x\r\n\r\n');
    setTimeout(() => socket.resetAndDestroy(), random.below(1_500));
  }
}

/** One act of its kind at a time: a second one would take the state that the first one has made for the usual one. */
function oneAtATime(act: (scene: Scene) => Promise<unknown>): (scene: Scene) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (scene) => {
    last = last.catch(() => {}).then(() => act(scene));
    return last;
  };
}

/** The log's path becomes a device without any room; then it is what it was. */
async function fillDisk({ server, random }: Scene) {
  fs.renameSync(server.file('log'), server.file('log.kept'));
  fs.symlinkSync('/dev/full', server.file('log'));
  kill(server.pid, 'SIGUSR1');
  await sleep(500 + random.below(3_000));
  fs.rmSync(server.file('log'));
  fs.renameSync(server.file('log.kept'), server.file('log'));
  kill(server.pid, 'SIGUSR1');
}
const fullDisk = oneAtATime(fillDisk);

const noDescriptors = oneAtATime(starve);

async function starve(scene: Scene) {
  const { ledger, random } = scene;
  const pid = await anyWorker(scene);
  if (pid === undefined) return;
  const held = fs.readdirSync(`/proc/${pid}/fd`).length;
  const [, usual = ''] = /^Max open files +(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
  // libuv accepts and closes at once whom it has no descriptor for (uv__emfile_trick).
  const end = ledger.begin('EMFILE');
  try {
    await run('prlimit', ['--pid', String(pid), `--nofile=${held + 2}:`]);
    await sleep(300 + random.below(1_000));
    await run('prlimit', ['--pid', String(pid), `--nofile=${usual}:`]);
  } finally {
    // Connections that it was about to close are closed by then.
    setTimeout(end, 1_000);
  }
}

async function jump({ server, random }: Scene) {
  fs.writeFileSync(server.file('clock'), String((random.next() - 0.5) * 7_200_000));
  await sleep(2_000);
  fs.rmSync(server.file('clock'), { force: true });
}

async function failHooks({ server, random }: Scene) {
  fs.writeFileSync(server.file('hooks-fail'), '');
  await sleep(500 + random.below(4_000));
  fs.rmSync(server.file('hooks-fail'), { force: true });
}

async function pauseMaster({ server, random }: Scene) {
  kill(server.pid, 'SIGSTOP');
  await sleep(300 + random.below(4_500));
  kill(server.pid, 'SIGCONT');
}

/** Weight of each act. */
export const ACTS: Readonly<Record<string, readonly [weight: number, act: Act]>> = {
  'kill -9 of a worker': [3, killWorker],
  'a short SIGSTOP of a worker': [2, (scene) => freeze(scene, 200 + scene.random.below(1_500))],
  'a long SIGSTOP of a worker': [1, (scene) => freeze(scene, 6_000)],
  'a hang': [2, async (scene) => provoke(scene, '/hang')],
  'a crash': [2, async (scene) => provoke(scene, '/crash')],
  'a leak': [2, async (scene) => provoke(scene, '/leak?mb=350')],
  'a good reload': [3, (scene) => deploy(scene, 'good')],
  'a bad reload': [3, (scene) => deploy(scene, scene.random.of(BAD_RELEASES))],
  'a change of size': [3, scale],
  'junk bytes': [2, junk],
  'clients that leave in the middle': [2, leaveInTheMiddle],
  'a full disk': [1, fullDisk],
  'a worker without descriptors': [1, noDescriptors],
  'a jump of the clock': [1, jump],
  'hooks that throw': [1, failHooks],
  'a paused master': [1, pauseMaster],
};

export function chooseAct(random: Random): string {
  const names = Object.entries(ACTS).flatMap(([name, [weight]]) => new Array<string>(weight).fill(name));
  return random.of(names);
}
