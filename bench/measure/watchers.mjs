/** Programs that start an app again when its files are saved, each with a copy of the same app. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstAnswer } from '../load/first-answer.mjs';
import { cli, freePort } from './contenders.mjs';
import { installed } from './install.mjs';

const NODEMON = 'nodemon@3.1.14';
const source = fileURLToPath(new URL('../apps/watched.mjs', import.meta.url));

/** @typedef {{name: string, argv: (port: number) => string[]}} Kind */

/** @returns {Kind[]} */
export function kinds() {
  const nodemon = installed(NODEMON);
  if (!nodemon) process.stderr.write(`${NODEMON}: npm cannot install it here; it is left out\n`);
  const all = [
    { name: 'tshorn --watch', argv: (port) => [cli, 'app.mjs', '--watch', '--bind', `127.0.0.1:${port}`] },
    { name: 'node --watch', argv: () => ['--watch', 'app.mjs'] },
  ];
  const bin = `${nodemon}/bin/nodemon.js`;
  return nodemon ? [...all, { name: 'nodemon', argv: () => [bin, 'app.mjs'] }] : all;
}

const versionSource = (version) => `export const version = '${version}';\n`;

export class Watcher {
  #child;
  #exited;
  #errors = '';

  /** @param {Kind} kind @param {number} startMs of the app */
  static async start(kind, startMs) {
    const watcher = new Watcher(kind, await freePort(), startMs);
    await firstAnswer(watcher.port, 60_000);
    return watcher;
  }

  constructor({ name, argv }, port, startMs) {
    this.name = name;
    this.port = port;
    this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-watch-')));
    fs.copyFileSync(source, path.join(this.directory, 'app.mjs'));
    this.save('0');
    this.#child = spawn(process.execPath, argv(port), {
      cwd: this.directory,
      env: { ...process.env, WEB_CONCURRENCY: undefined, PORT: String(port), START_MS: String(startMs) },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: nodemon leaves its program behind when it is killed.
      detached: true,
    });
    this.#child.stderr.on('data', (data) => {
      this.#errors = (this.#errors + data).slice(-4000);
    });
    this.#exited = once(this.#child, 'exit');
  }

  get errors() {
    return this.#errors;
  }

  /** As editors do it: in place. @param {string} version */
  save(version) {
    fs.writeFileSync(path.join(this.directory, 'version.mjs'), versionSource(version));
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(-Number(this.#child.pid), 'SIGINT');
      const timer = setTimeout(() => process.kill(-Number(this.#child.pid), 'SIGKILL'), 5_000);
      await this.#exited;
      clearTimeout(timer);
    }
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The start-up time of the app by itself: from launch to its first answer, in milliseconds. @param {number} startMs */
export async function startUpOf(startMs) {
  const started = performance.now();
  const watcher = new Watcher({ name: 'node', argv: () => ['app.mjs'] }, await freePort(), startMs);
  try {
    return (await firstAnswer(watcher.port, 60_000)) - started;
  } finally {
    await watcher.stop();
  }
}
