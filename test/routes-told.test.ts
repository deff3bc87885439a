/** The route of a request, as each framework tells it: in this process, with the frameworks themselves. */
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { Hono } from 'hono';
import { toNodeListener } from '../packages/worker/src/app/fetch-adapter.ts';
import { askFastify, askKoa, routesOfHono } from '../packages/worker/src/metrics/frameworks.ts';
import { routeOf } from '../packages/worker/src/metrics/routes.ts';

/** They come without types. */
const load = async (name: string) => (await import(name)).default;

type Handler = (request: unknown, response: http.ServerResponse) => void;
const answer: Handler = (_request, response) => void response.end();

/** The routes of these paths, as they are known when each response has ended. */
async function routesOf(listener: RequestListener, ...paths: string[]): Promise<(string | undefined)[]> {
  const routes: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    response.once('finish', () => routes.push(routeOf(request)));
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const path of paths)
    await fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text());
  server.closeAllConnections();
  server.close();
  return routes;
}

test('Express tells its routes, also those of a router', async () => {
  const express = await load('express');
  const app = express();
  const router = express.Router();
  router.get('/:item', answer);
  app.get('/users/:id', answer);
  app.use('/shop', router);
  expect(await routesOf(app, '/users/7', '/shop/3', '/none')).toEqual([
    '/users/:id',
    '/shop/:item',
    undefined,
  ]);
});

test('Fastify tells its routes', async () => {
  askFastify();
  const app = fastify();
  app.get('/users/:id', async () => 'x');
  await app.register(async (inner) => void inner.get('/:item', async () => 'x'), { prefix: '/shop' });
  await app.ready();
  const routing = (request: IncomingMessage, response: http.ServerResponse) => app.routing(request, response);
  expect(await routesOf(routing, '/users/7', '/shop/3', '/none')).toEqual([
    '/users/:id',
    '/shop/:item',
    undefined,
  ]);
  await app.close();
});

interface Context {
  readonly path: string;
  readonly _matchedRoute?: unknown;
  body?: unknown;
}

test("Koa's routers tell their routes", async () => {
  const Koa = await load('koa');
  const app = new Koa();
  askKoa(app);
  askKoa(app);
  app.use(async (context: Context, next: () => Promise<void>) => {
    // As @koa/router and koa-router do.
    if (context.path.startsWith('/users/')) Object.assign(context, { _matchedRoute: '/users/:id' });
    await next();
  });
  let seen: unknown;
  app.use((context: Context) => {
    seen ??= context._matchedRoute;
    context.body = 'x';
  });
  expect(await routesOf(app.callback(), '/users/7', '/none')).toEqual(['/users/:id', undefined]);
  expect(seen).toBe('/users/:id');
});

test('Hono tells its routes, and not its middleware', async () => {
  const app = new Hono();
  app.use('*', async (_context, next) => next());
  app.get('/users/:id', (context) => context.text('x'));
  app.route(
    '/shop',
    new Hono().get('/:item', (context) => context.text('x')),
  );
  const note = routesOfHono(app);
  const listener = toNodeListener(async (request, env) => {
    const response = await app.fetch(request, env);
    note?.(env.incoming, request);
    return response;
  });
  expect(await routesOf(listener, '/users/7', '/shop/3', '/none')).toEqual([
    '/users/:id',
    '/shop/:item',
    undefined,
  ]);
  expect(routesOfHono({ fetch: () => {} })).toBeUndefined();
});
