/**
 * Faults, each as one act. An act resolves when it is done, with a word about whom it struck; the ledger says which
 * failures it explains. This process may stand still at any time: an act measures how long it took.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from '../support/control.ts';
import { eventually } from '../support/eventually.ts';
import { clientsOf, waitingClients } from '../support/kernel-view.ts';
import type { Random } from '../support/random.ts';
import type { Ledger } from './faults.ts';
import { BAD_RELEASES, type ChaosServer, TIMEOUT_MS } from './server.ts';

export interface Scene {
  readonly server: ChaosServer;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Broken promises that are seen at once. */
  readonly broken: string[];
}

type Act = (scene: Scene) => Promise<unknown>;

const run = promisify(execFile);

/** Workers that an act has stopped, and for a moment those that run again: two stops in a row are one long one. */
const stopped = new Set<number>();
const REST_MS = 1_500;

async function anyWorker({ server, random }: Scene): Promise<number> {
  const ready = (await server.status()).workers.flatMap(({ state, pid }) =>
    state === 'ready' && pid !== undefined && !stopped.has(pid) ? [pid] : [],
  );
  if (ready.length === 0) throw new Error('no worker is ready');
  return random.of(ready);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {} // The process has ended by itself.
}

/**
 * Stops a worker. Resolves when it has stopped, with its clients: until then it may accept a connection that a look
 * would miss. The look before is for the case that it has been killed by the time that this process comes to it.
 */
async function stop(pid: number, { server }: Scene): Promise<Set<number>> {
  stopped.add(pid);
  const before = clientsOf(pid, server.port);
  kill(pid, 'SIGSTOP');
  await eventually(
    'the stop',
    () => stateOf(pid),
    (state) => state === 'T' || state === undefined,
  );
  return new Set([...before, ...clientsOf(pid, server.port)]);
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

async function misbehave(scene: Scene, fault: 'crash' | 'hang') {
  const place = scene.random.of(PLACES);
  provoke(scene, `/${fault}?in=${encodeURIComponent(place)}`);
  return `in a ${place}`;
}

async function killWorker(scene: Scene) {
  const pid = await anyWorker(scene);
  // Stopped first: it can accept nobody between the look and the end.
  const clients = await stop(pid, scene);
  scene.ledger.strike({ fault: 'kill -9', pid, clients });
  kill(pid, 'SIGKILL');
  return `pid ${pid}`;
}

/** The heartbeat before the stop may be a second old. From here on the worker may be taken for hung. */
const TAKEN_FOR_HUNG_MS = TIMEOUT_MS - 1_000;

async function freeze(scene: Scene, ms: number) {
  const pid = await anyWorker(scene);
  const at = Date.now();
  const since = performance.now();
  const lasted = () => performance.now() - since;
  const clients = await stop(pid, scene);
  await sleep(ms);
  const isShort = lasted() < TAKEN_FOR_HUNG_MS;
  if (isShort) kill(pid, 'SIGCONT');
  setTimeout(() => stopped.delete(pid), REST_MS);
  if (lasted() < TAKEN_FOR_HUNG_MS) return `pid ${pid}`;
  scene.ledger.strike({ fault: 'SIGSTOP', pid, clients, at });
  if (isShort) return `pid ${pid}, longer than it was meant to`;
  // It stays stopped: one that wakes up between the verdict and the SIGKILL accepts connections that no look has seen.
  await eventually(
    'the end of a stopped worker',
    () => stateOf(pid),
    (state) => state === undefined,
    60_000,
  );
  return `pid ${pid}, killed after ${Math.round(lasted())} ms`;
}

/** It runs again at the verdict: whoever runs is not killed, and loses nothing. */
async function freezeUntilVerdict(scene: Scene) {
  const { server, ledger } = scene;
  const pid = await anyWorker(scene);
  const at = Date.now();
  const clients = await stop(pid, scene);
  ledger.strike({ fault: 'SIGSTOP until the verdict', pid, clients, at, unlessSaved: true });
  try {
    await server.until('the verdict', ({ workers }) => {
      const state = workers.find((worker) => worker.pid === pid)?.state;
      return state === undefined || state === 'hung';
    });
  } finally {
    kill(pid, 'SIGCONT');
    stopped.delete(pid);
  }
  return `pid ${pid}`;
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
  const { server, ledger, random } = scene;
  const pid = await anyWorker(scene);
  const held = fs.readdirSync(`/proc/${pid}/fd`).length;
  const [, usual = ''] = /^Max open files +(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? [];
  // libuv accepts and closes at once whom it has no descriptor for (uv__emfile_trick).
  const end = ledger.begin('EMFILE', waitingClients(server.port));
  try {
    await run('prlimit', ['--pid', String(pid), `--nofile=${held + 2}:`]);
    await sleep(300 + random.below(1_000));
    await run('prlimit', ['--pid', String(pid), `--nofile=${usual}:`]);
  } finally {
    // Connections that it was about to close are closed by then.
    setTimeout(end, 1_000);
  }
  return `pid ${pid}`;
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

/** Where an app may fail: see app.mjs. */
const PLACES = ['handler', 'timer', 'promise', 'begun response'] as const;

/** Weight of each act. */
export const ACTS: Readonly<Record<string, readonly [weight: number, act: Act]>> = {
  'kill -9 of a worker': [3, killWorker],
  'a short SIGSTOP of a worker': [2, (scene) => freeze(scene, 200 + scene.random.below(1_000))],
  'a long SIGSTOP of a worker': [1, (scene) => freeze(scene, TIMEOUT_MS)],
  'a SIGSTOP of a worker until the verdict': [1, freezeUntilVerdict],
  'a hang': [2, async (scene) => misbehave(scene, 'hang')],
  'a crash': [2, async (scene) => misbehave(scene, 'crash')],
  'a leak': [2, async (scene) => provoke(scene, '/leak?mb=150')],
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
