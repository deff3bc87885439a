// A job that runs in one worker at a time: a mailer, a clean-up, a bot. During a reload two workers share slot 0, so the
// slot alone does not decide. A lock does, which the old worker gives back when it drains.
import fs from 'node:fs';
import { worker } from 'tshorn/worker';

const LOCK = process.env.LOCK ?? '/tmp/one-job.lock';
const EVERY_MS = Number(process.env.EVERY_MS ?? 1000);

let timer;
let hasLock = false;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The lock of a worker that has crashed is removed, and taken at the next try. */
function takeLock() {
  try {
    fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const pid = holder();
    if (pid !== undefined && !isAlive(pid)) fs.rmSync(LOCK, { force: true });
    return false;
  }
}

/** Undefined where the lock has just been given back. */
function holder() {
  try {
    return Number(fs.readFileSync(LOCK, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function tick() {
  hasLock ||= takeLock();
  if (hasLock) job();
}

function start() {
  timer ??= setInterval(tick, EVERY_MS);
}

function stop() {
  clearInterval(timer);
  timer = undefined;
  if (hasLock) fs.rmSync(LOCK);
  hasLock = false;
}

function job() {
  console.log(`job in gen=${worker.generation} pid=${process.pid}`);
}

// Outside of tshorn there is one process.
if (!worker.active || worker.slot === 0) {
  worker.on('drain', stop);
  worker.on('resume', start);
  start();
}

export default (_request, response) => response.end(`slot ${worker.slot}\n`);
