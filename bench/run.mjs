#!/usr/bin/env node
/** `npm run bench [-- reload|idle|websockets|slow-boot|peers|crash|hang|throughput|overload|tls|http2|observed|startup|footprint|watch] [options]`; README.md says how to read the figures. */
import { parseArgs } from 'node:util';

const HELP = `npm run bench -- [MODE] [options]

  reload      (the default) reloads under load, with handoff and without: what clients notice
      --workers N [4]  --reloads N [3]  --rate N [400]  --app FILE
      --seconds N [4]   quiet load before the first reload and after the last
  idle        a reload that moves thousands of idle connections
      --connections N [10000]  --workers N [2]  --reloads N [3]  --sample N [1000]
      --rate N [100]   light load beside them   --seconds N [10]  of it before the first reload
  websockets  what survive() costs per message and per WebSocket, and a reload that moves thousands of them
      --connections N [2000]  --workers N [2]  --reloads N [3]  --rounds N [15]  of echoes
      --seconds N [1]  of one turn   --rate N [100]  echoes per second beside the reload
  slow-boot   reloads of an app whose start takes 3 s of CPU, by plan and boot priority; and the warm-up
      --workers N [4]  --rate N [200]  light load beside them   --seconds N [8]  of it before each reload
      --reloads N [2]  of each kind   --rounds N [20]  of the warm-up
  peers       the same reload by PM2, Gunicorn, uWSGI, Puma, nginx and a bare cluster
      --workers N [4]  --rounds N [1]  --only NAME,...
  crash       what one exception that nobody catches costs, beside a bare cluster and PM2
      --workers N [4]  --rounds N [3]  --connections N [400]  idle   --sockets N [40]  --requests N [60]
  hang        a request that never ends, in a worker with hundreds of idle connections
      --workers N [2]  --connections N [400]  of each worker   --rounds N [5]
  throughput  requests per second and CPU per request, beside bare Node
      --workers N [2]  --starts N [2]  of all servers   --rounds N [15]  of each start
      --seconds N [0.3]  of one turn   --connections N [32]
  overload    what is answered in time at 0.5 to 3 times the capacity, beside a bare cluster and @fastify/under-pressure
      --workers N [1]  --seconds N [4]  of each load  --starts N [2]  --rounds N [15]  of what it costs
      --only cpu,mixed,io,cost  an app that computes (twice), one that waits for a pool, the cost
  tls         requests, new and resumed connections over TLS per CPU second, beside a bare https cluster, nginx and Caddy
      --workers N [2]  --starts N [2]  --rounds N [7]  --seconds N [0.2]  --connections N [32]
  http2       CPU per request of HTTP/2, plain and over TLS, beside bare node:http2; needs h2load
      --starts N [2]  --rounds N [8]  --requests N [5000]  of each turn   --connections N [10]
  observed    what metrics and the access log cost, and a scrape of many workers
      --workers N [2]  --starts N [2]  --rounds N [15]  --seconds N [0.3]  --connections N [32]
      --scraped N [64]  workers
  startup     launch to first answer, and memory, beside a bare cluster
      --workers N [2]  --rounds N [15]
  footprint   what many workers cost the master: at rest, and in a reload
      --workers N,N,... [8,16,32,64]  --seconds N [30]  at rest   --reloads N [1]
      --wait MS [0]  that the app waits at its start   --surge N|N%|auto
  watch       from a save to the first answer of the new code, beside node --watch and nodemon
      --saves N [30]
`;

const defaults = {
  reload: { workers: 4, reloads: 3, rate: 400, seconds: 4 },
  idle: { workers: 2, connections: 10_000, rate: 100, seconds: 10, reloads: 3, sample: 1000 },
  websockets: { workers: 2, connections: 2000, rate: 100, seconds: 1, reloads: 3, rounds: 15 },
  'slow-boot': { workers: 4, rate: 200, seconds: 8, reloads: 2, rounds: 20 },
  peers: { workers: 4, rounds: 1 },
  crash: { workers: 4, rounds: 3, connections: 400, sockets: 40, requests: 60 },
  hang: { workers: 2, rounds: 5, connections: 400 },
  throughput: { workers: 2, starts: 2, rounds: 15, seconds: 0.3, connections: 32 },
  overload: { workers: 1, seconds: 4, starts: 2, rounds: 15 },
  tls: { workers: 2, starts: 2, rounds: 7, seconds: 0.2, connections: 32 },
  http2: { starts: 2, rounds: 8, requests: 5_000, connections: 10 },
  observed: { workers: 2, starts: 2, rounds: 15, seconds: 0.3, connections: 32, scraped: 64 },
  startup: { workers: 2, rounds: 15 },
  footprint: { workers: '8,16,32,64', seconds: 30, reloads: 1, wait: 0 },
  watch: { saves: 30 },
};

/** Options that are no numbers, and the mode of each. */
const words = { app: ['reload'], only: ['peers', 'overload'], surge: ['footprint'] };

const text = { type: /** @type {const} */ ('string') };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: text,
    reloads: text,
    starts: text,
    rate: text,
    seconds: text,
    app: text,
    rounds: text,
    connections: text,
    sample: text,
    scraped: text,
    saves: text,
    sockets: text,
    requests: text,
    only: text,
    wait: text,
    surge: text,
    help: { type: 'boolean', short: 'h' },
  },
});

const [mode = 'reload'] = positionals;
if (values.help || !(mode in defaults)) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}

/** Flags over defaults; a flag that the mode does not know is a mistake. */
function optionsOf(mode) {
  const options = { ...defaults[mode] };
  for (const [name, value] of Object.entries(values)) {
    if (words[name]?.includes(mode) || typeof options[name] === 'string') options[name] = value;
    else if (name in options && Number(value) > 0) options[name] = Number(value);
    else throw new Error(`--${name} ${value}: not an option of ${mode}, or not a number above 0`);
  }
  return options;
}

try {
  const modes = {
    reload: async () => (await import('./modes/reload.mjs')).reload,
    idle: async () => (await import('./modes/idle.mjs')).idle,
    websockets: async () => (await import('./modes/websockets.mjs')).websockets,
    'slow-boot': async () => (await import('./modes/slow-boot.mjs')).slowBoot,
    peers: async () => (await import('./modes/peers.mjs')).peers,
    crash: async () => (await import('./modes/crash.mjs')).crash,
    hang: async () => (await import('./modes/hang.mjs')).hang,
    throughput: async () => (await import('./modes/throughput.mjs')).throughput,
    overload: async () => (await import('./modes/overload.mjs')).overload,
    tls: async () => (await import('./modes/tls.mjs')).tls,
    http2: async () => (await import('./modes/http2.mjs')).http2,
    observed: async () => (await import('./modes/observed.mjs')).observed,
    startup: async () => (await import('./modes/startup.mjs')).startup,
    footprint: async () => (await import('./modes/footprint.mjs')).footprint,
    watch: async () => (await import('./modes/watch.mjs')).watch,
  };
  const measure = await modes[mode]();
  process.exitCode = (await measure(optionsOf(mode))) ? 0 : 1;
} catch (error) {
  process.stderr.write(`bench: ${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 1;
}
