/**
 * Asks frameworks to write the route of a request on the request (routes.ts), through what each offers for additions: a
 * hook of Fastify, the context of Koa, the router of Hono. Express needs no asking. Hono tells nothing of itself to a
 * server that the app makes, so it is asked where the app is what its module exports.
 */
import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { onLoaded } from './loaded-files.ts';
import { ROUTE } from './routes.ts';

type Routed = IncomingMessage & { [ROUTE]?: unknown };

/** Asks those that can be asked before the app is loaded. */
export function askFrameworks(): void {
  askFastify();
  askKoa();
}

interface FastifyRequest {
  readonly raw: Routed;
  readonly routeOptions?: { readonly url?: string };
  /** Before Fastify 4.10. */
  readonly routerPath?: string;
}
interface Fastify {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): void;
}

/** Every instance of Fastify 4 and 5 announces itself (https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks). */
function askFastify(): void {
  diagnostics.subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { readonly fastify: Fastify };
    fastify.addHook('onRequest', (request, _reply, done) => {
      request.raw[ROUTE] = request.routeOptions ? request.routeOptions.url : request.routerPath;
      done();
    });
  });
}

type KoaContext = object & { readonly req?: Routed };

/** All contexts of all apps inherit from what it exports, which is there for additions (https://koajs.com/#app-context). */
const KOA_CONTEXT = /[\\/]koa[\\/]lib[\\/]context\.js$/;
/** `@koa/router` and `koa-router` set it on the context of a request, once for each route that they enter. */
const MATCHED = '_matchedRoute';

function askKoa(): void {
  onLoaded(KOA_CONTEXT, (context) => {
    if (typeof context !== 'object' || context === null || MATCHED in context) return;
    Object.defineProperty(context, MATCHED, {
      configurable: true,
      get(this: KoaContext): unknown {
        return this.req?.[ROUTE];
      },
      set(this: KoaContext, value: unknown) {
        if (this.req) this.req[ROUTE] = value;
      },
    });
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
