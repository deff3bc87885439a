/**
 * Asks frameworks to write the route of a request on the request (routes.ts), through what each offers for additions: a
 * hook of Fastify, the context of Koa, the router of Hono. Express needs no asking. Koa and Hono tell nothing of
 * themselves to a server that the app makes, so they are asked where the app is what its module exports.
 */
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { ROUTE } from './routes.ts';

type Routed = IncomingMessage & { [ROUTE]?: unknown };

interface FastifyRequest {
  readonly raw: Routed;
  readonly routeOptions?: { readonly url?: string };
  /** Before Fastify 4.10. */
  readonly routerPath?: string;
}
interface Fastify {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): void;
}

/**
 * To be called before the app is loaded: every instance of Fastify 4 and 5 announces itself
 * (https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks).
 */
export function askFastify(): void {
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { readonly fastify: Fastify };
    fastify.addHook('onRequest', (request, _reply, done) => {
      request.raw[ROUTE] = request.routeOptions ? request.routeOptions.url : request.routerPath;
      done();
    });
  });
}

/** All contexts of the app inherit from this one, which is there for additions (https://koajs.com/#app-context). */
interface Koa {
  readonly context: object;
}
type KoaContext = object & { readonly req: Routed };

/** `@koa/router` and `koa-router` set it on the context of a request. */
const MATCHED = '_matchedRoute';

export function askKoa({ context }: Koa): void {
  if (MATCHED in context) return;
  Object.defineProperty(context, MATCHED, {
    configurable: true,
    set(this: KoaContext, value: unknown) {
      this.req[ROUTE] = value;
      Object.defineProperty(this, MATCHED, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

interface Hono {
  getPath(request: Request): string;
  readonly router: {
    match(method: string, path: string): readonly [readonly MatchedHandler[], ...unknown[]];
  };
}
type MatchedHandler = readonly [
  readonly [handler: unknown, route: { readonly path?: unknown } | undefined],
  ...unknown[],
];

const isHono = (app: object): app is Hono =>
  typeof (app as Partial<Hono>).getPath === 'function' &&
  typeof (app as Partial<Hono>).router?.match === 'function';

/**
 * Returns the function that notes the route of a request that the app has answered; undefined for an app that is not Hono.
 * The last handler that matches is the route; those before it are middleware, and so is one for all paths.
 */
export function routesOfHono(
  app: object,
): ((incoming: IncomingMessage, request: Request) => void) | undefined {
  if (!isHono(app)) return undefined;
  return (incoming: Routed, request) => {
    try {
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const [handlers] = app.router.match(method, app.getPath(request));
      const path = handlers.at(-1)?.[0][1]?.path;
      if (typeof path === 'string' && !path.endsWith('*')) incoming[ROUTE] = path;
    } catch {
      // Another version of Hono: the route is unknown.
    }
  };
}
