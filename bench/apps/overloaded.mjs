/**
 * Apps with a capacity that is known: WORK=cpu computes for WORK_MS, WORK=io waits for one of POOL connections of a pool and
 * uses it for WORK_MS. With UNDER_PRESSURE, `@fastify/under-pressure` is in front of it, in the folders that are named.
 */
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { WORK = 'cpu', WORK_MS = '10', POOL = '10', UNDER_PRESSURE } = process.env;
const ms = Number(WORK_MS);

function compute() {
  // CPU time and not wall time: a machine that is shared must not make the app faster.
  const { user, system } = process.cpuUsage();
  const until = user + system + ms * 1_000;
  for (let now = 0; now < until; ) {
    const used = process.cpuUsage();
    now = used.user + used.system;
  }
}

let free = Number(POOL);
const waiting = [];

async function query() {
  if (free > 0) free--;
  else await new Promise((resolve) => waiting.push(resolve));
  await new Promise((resolve) => setTimeout(resolve, ms));
  const next = waiting.shift();
  if (next) next();
  else free++;
}

const work = WORK === 'cpu' ? compute : query;

async function plain(_request, response) {
  await work();
  response.end('done\n');
}

/** With the settings of its README, and the loop delay that `--queue-limit` has. */
async function withPressure(folders) {
  const load = (folder) => import(pathToFileURL(createRequire(`${folder}/`).resolve('.')).href);
  const [fastify, underPressure] = await Promise.all(folders.split(':').map(load));
  const app = fastify.default();
  await app.register(underPressure.default, {
    maxEventLoopDelay: 200,
    maxEventLoopUtilization: 0.98,
    retryAfter: 1,
  });
  app.get('/', async () => {
    await work();
    return 'done\n';
  });
  await app.ready();
  return app.routing;
}

const answer = UNDER_PRESSURE ? await withPressure(UNDER_PRESSURE) : plain;
http.createServer({ keepAliveTimeout: 75_000 }, answer).listen(process.env.PORT ?? 8000, '127.0.0.1');
