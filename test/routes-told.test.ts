/** The route of a request in the metrics, as each framework tells it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './support/load.ts';
import { scrape } from './support/scrape.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

const ROUTE =
  /_count\{.*http_request_method="(\w+)".*http_response_status_code="(\d+)"(?:,http_route="([^"]*)")?/;

/** `METHOD STATUS ROUTE` of each series, with its requests. */
async function routesOf(server: TestServer): Promise<Record<string, number>> {
  const values = Object.entries(await scrape(server));
  return Object.fromEntries(
    values.flatMap(([name, value]) => {
      const [found, method, status, route = 'none'] = ROUTE.exec(name) ?? [];
      return found === undefined ? [] : [[`${method} ${status} ${route}`, value]];
    }),
  );
}

/** Asks for the paths, and resolves with the counts when the worker has told of all of them: it does every two seconds. */
async function countsAfter(server: TestServer, asked: readonly (readonly [string, string])[]) {
  for (const [framework, path] of asked)
    await ask({ port: server.port }, { path, agent: false, headers: { framework } });
  for (;;) {
    const counts = await routesOf(server);
    if (Object.values(counts).reduce((sum, count) => sum + count, 0) >= asked.length) return counts;
    await sleep(50);
  }
}

const PATHS = ['/users/7', '/users/8', '/shop/3', '/none'];

test('Express, Fastify, the router of Koa, and Hono tell the routes of their requests', async () => {
  const [server, hono] = await Promise.all([
    startServer(fixture('tells-its-routes.mjs')),
    startServer(fixture('routes-in-hono.mjs')),
  ]);
  const of = (...frameworks: string[]) =>
    frameworks.flatMap((framework) => PATHS.map((path) => [framework, path] as const));
  const [inServer, inHono] = await Promise.all([
    countsAfter(server, of('express', 'fastify', 'koa')),
    countsAfter(hono, of('hono')),
  ]);
  expect(inServer).toEqual({
    'GET 200 /users/:id': 6,
    'GET 200 /shop/:item': 3,
    'GET 404 none': 2,
    // The router of Koa has entered this one.
    'GET 404 /{*rest}': 1,
  });
  // Not its middleware, which is for all paths.
  expect(inHono).toEqual({ 'GET 200 /users/:id': 2, 'GET 200 /shop/:item': 1, 'GET 404 none': 1 });
  const request = { path: '/users/7', agent: false, headers: { framework: 'koa' } } as const;
  // The app reads from its context what its router has written there.
  expect(await ask({ port: server.port }, request)).toMatchObject({ body: '/users/:id' });
});
