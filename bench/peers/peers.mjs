/** The servers that reload beside tshorn: where each is found, how it is started, how it reloads. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli } from '../measure/contenders.mjs';
import { fill } from './fill.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = process.execPath;

/**
 * @typedef {{port: number, workers: number, scratch: string, app: string}} Site `scratch`: a directory of its own; `app`: of the
 *   Node peers
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} [program] looked for in $PATH; its upper-case name in the environment comes first
 * @property {string} [get] how to get it
 * @property {(site: Site, program: string) => string[]} command runs in the foreground
 * @property {RegExp} workers command lines of the worker processes
 * @property {NodeJS.Signals} [signal] that makes the master reload
 * @property {(site: Site, program: string) => string[] | undefined} [reload] otherwise: what to run
 * @property {string} how the reload, as it is documented
 */

/** @param {string[]} flags */
export const tshorn = (...flags) => ({
  command: ({ port, workers, app }) => {
    const own = ['--bind', `127.0.0.1:${port}`, '--workers', String(workers), '--log-format', 'json'];
    return [node, cli, app, ...own, ...flags];
  },
  workers: /^tshorn: worker=/,
  signal: /** @type {const} */ ('SIGHUP'),
  how: 'SIGHUP',
});

const uwsgi = {
  name: 'uWSGI',
  program: 'uwsgi',
  get: 'apt-get install uwsgi-core uwsgi-plugin-python3',
  command: (_site, program) => [program, '--ini', file('uwsgi.ini')],
  workers: /^uWSGI worker/,
};

/** @type {Record<string, Peer>} */
export const peers = {
  tshorn: { name: 'tshorn', ...tshorn() },
  closing: { name: 'tshorn --no-handoff', ...tshorn('--no-handoff') },
  bare: {
    name: 'node:cluster, careful',
    command: ({ port, workers }) => [node, file('../bare/careful.mjs'), String(port), String(workers)],
    workers: /careful\.mjs/,
    signal: 'SIGHUP',
    how: 'SIGHUP, one by one',
  },
  pm2: {
    name: 'PM2',
    program: 'pm2',
    get: 'npm install pm2, somewhere; PM2=/that/node_modules/.bin/pm2',
    command: (_site, program) => [program, 'start', file('pm2.config.cjs'), '--no-daemon'],
    workers: /pm2-app\.mjs/,
    reload: (_site, program) => [program, 'reload', 'bench'],
    how: 'pm2 reload',
  },
  gunicorn: {
    name: 'Gunicorn',
    program: 'gunicorn',
    get: 'apt-get install gunicorn',
    command: (_site, program) => [program, '-c', file('gunicorn.conf.py'), 'app:application'],
    workers: /gunicorn/,
    signal: 'SIGHUP',
    how: 'SIGHUP',
  },
  uwsgi: { ...uwsgi, signal: 'SIGHUP', how: 'SIGHUP' },
  uwsgiChain: {
    ...uwsgi,
    reload: ({ scratch }) => {
      fs.writeFileSync(path.join(scratch, 'fifo'), 'c');
      return undefined;
    },
    how: 'chain reload, router kept',
  },
  puma: {
    name: 'Puma',
    program: 'puma',
    get: 'apt-get install puma',
    command: (_site, program) => [program, '-C', file('puma.rb')],
    workers: /^puma: cluster worker/,
    signal: 'SIGUSR1',
    how: 'phased restart',
  },
  nginx: {
    name: 'nginx, no app',
    program: 'nginx',
    get: 'apt-get install nginx-light',
    command: ({ port, workers, scratch }, program) => {
      const config = fill('nginx.conf', { PORT: port, WORKERS: workers, SCRATCH: scratch }, scratch);
      return [program, '-p', scratch, '-c', config];
    },
    workers: /^nginx: worker process/,
    signal: 'SIGHUP',
    how: 'SIGHUP',
  },
};

export const directory = file('.');
export const reloaded = file('app.mjs');

/** Its path, or undefined. @param {Pick<Peer, 'program'>} peer @returns {string | undefined} */
export function find({ program }) {
  if (!program) return node;
  const given = process.env[program.toUpperCase()];
  const places = given
    ? [given]
    : [...(process.env.PATH ?? '').split(':'), '/usr/sbin'].map((place) => path.join(place, program));
  return places.find((place) => fs.existsSync(place));
}
