/**
 * `npm start`: a first look at tshorn. Starts four workers of ./slow-start, sends them requests, and deploys again and
 * again, with three seconds between two deploys (`--pause MS`). Every second release is bad, on purpose: its `/_status`
 * answers 500, and the reload is rolled back. Runs until Ctrl-C, or with `--reloads N` until N reloads have ended.
 * Exits with 0 if no request has failed and every reload has ended as it has to.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Load } from './watch-a-reload/load.mjs';
import { count, latency } from './watch-a-reload/picture.mjs';
import { Releases } from './watch-a-reload/releases.mjs';
import { portOrAny, WatchedServer } from './watch-a-reload/server.mjs';
import { show } from './watch-a-reload/show.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const cli = here('../packages/tshorn/dist/cli.js');
if (!existsSync(cli)) {
  console.error('tshorn is not built yet: run `npm run build`, or start this with `npm start`');
  process.exit(1);
}
const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: 'Infinity' },
    pause: { type: 'string', default: '3000' },
  },
});
const reloads = Number(values.reloads);
const pauseMs = Number(values.pause);

const releases = new Releases();
const server = new WatchedServer([cli, here('./slow-start/app.mjs'), '--environment-file', releases.file], {
  workers: 4,
  bind: `127.0.0.1:${await portOrAny(8000)}`,
});
let load;
let nextReload = 0;
let unexpected = 0;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // A second signal does not wait for anything.
    if (interrupted.signal.aborted) server.signal('SIGKILL');
    interrupted.abort();
  });
}
const hide = show(process.stdout, server, () => ({
  server,
  load,
  nextReload,
  isBad: releases.isBad,
  stopping: interrupted.signal.aborted,
}));

async function reloadAgainAndAgain() {
  await server.next('started');
  load = new Load(server.port).start();
  for (let done = 0; done < reloads; done++) {
    releases.deploy({ isBad: done % 2 === 1 });
    nextReload = Date.now() + pauseMs;
    await sleep(pauseMs, undefined, interrupted);
    const finished = server.next('reload-finished');
    server.signal('SIGHUP');
    const { outcome } = await finished;
    if (outcome !== (releases.isBad ? 'rolled-back' : 'committed')) unexpected++;
  }
  await sleep(pauseMs, undefined, interrupted);
}

const aborted = new Promise((resolve) => interrupted.signal.addEventListener('abort', resolve));
let problem;
await Promise.race([reloadAgainAndAgain(), aborted]).catch((error) => {
  if (error.name !== 'AbortError') problem = error;
});
interrupted.abort();

// The clients stop first, so that nothing is in flight when the server stops.
await load?.stop();
if (server.exitCode === undefined) server.signal('SIGTERM');
await server.ended;
hide();
releases.remove();

if (problem) console.error(`${problem.message}\n${server.lines.map(({ msg }) => msg).join('\n')}`);
if (load?.answered) {
  const { answered, failed, closed, kept } = load;
  console.log(
    `Reloads: ${count(server.committed)} committed, ${count(server.rolledBack)} rolled back. ` +
      `Requests: ${count(answered)} answered, ${count(failed)} failed.`,
  );
  console.log(
    `Kept connections: ${count(closed)} closed; median ${latency(kept.latency(0.5))}, ` +
      `99% ${latency(kept.latency(0.99))}, slowest ${latency(kept.slowest)}.`,
  );
}
process.exitCode = problem || load?.failed || unexpected || server.exitCode ? 1 : 0;
