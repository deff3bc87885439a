/** Proxies that end TLS in front of a bare cluster with the same app. */
import { contenders, start } from '../measure/contenders.mjs';
import { fill } from './fill.mjs';
import { find } from './peers.mjs';

/** @type {Record<string, {name: string, program: string, get: string, isThreaded: boolean, argv: (program: string, values: object & {SCRATCH: string}) => string[]}>} */
const fronts = {
  nginx: {
    name: 'nginx, then node:cluster',
    program: 'nginx',
    get: 'apt-get install nginx-light',
    isThreaded: false,
    argv: (_program, values) => ['-p', values.SCRATCH, '-c', fill('nginx-tls.conf', values, values.SCRATCH)],
  },
  caddy: {
    name: 'Caddy, then node:cluster',
    program: 'caddy',
    get: 'apt-get install caddy',
    isThreaded: true,
    argv: (_program, values) => [
      'run',
      '--adapter',
      'caddyfile',
      '--config',
      fill('Caddyfile', values, values.SCRATCH),
    ],
  },
};

/** Those that are installed; the others are named on standard error. */
export function installedFronts() {
  return Object.fromEntries(
    Object.entries(fronts).filter(([, front]) => {
      const isThere = find(front) !== undefined;
      if (!isThere) process.stderr.write(`skipped: ${front.name} (${front.get})\n`);
      return isThere;
    }),
  );
}

/** Starts the app, and then the front. @param {string} pem certificate and key @param {string} scratch a directory */
export async function startFront({ name, program, isThreaded, argv }, pem, workers, scratch) {
  const app = await start(contenders.roundRobin, workers);
  try {
    const front = await start(
      {
        name,
        program: find({ program }),
        argv: (port) =>
          argv(program, { PORT: port, APP: app.port, WORKERS: workers, PEM: pem, SCRATCH: scratch }),
        env: { XDG_DATA_HOME: scratch, XDG_CONFIG_HOME: scratch },
        forks: !isThreaded,
        secure: true,
      },
      workers,
    );
    const stop = async () => void (await Promise.all([front.stop(), app.stop()]));
    return { ...front, pids: [front.pid, app.pid], stop };
  } catch (error) {
    await app.stop();
    throw error;
  }
}
