/**
 * The route of a request, as the app's framework tells it: `/users/:id` and not `/users/7`. Nothing of a framework is
 * replaced for it: Express leaves the route on the request, others are asked to write it there (frameworks.ts), and so may
 * a library. Where nobody tells it, there is none.
 */
import type { IncomingMessage } from 'node:http';

/** Whoever routes requests by itself may set this on a request: `request[Symbol.for('tshorn.route')] = '/users/:id'`. */
export const ROUTE = Symbol.for('tshorn.route');

/** An object of Express's router, the same for all requests of the route. */
interface ExpressRoute {
  readonly path?: unknown;
}

type Routed = IncomingMessage & {
  [ROUTE]?: unknown;
  readonly route?: unknown;
  readonly baseUrl?: unknown;
};

/** Express tells where a router is mounted by the path of the request: under `/tenants/:id` each tenant is another one. */
const MOST_MOUNTS = 20;

const names = new WeakMap<ExpressRoute, Map<string, string>>();

export function routeOf(request: IncomingMessage): string | undefined {
  const { [ROUTE]: told, route } = request as Routed;
  if (typeof told === 'string') return told;
  // Koa's routers take regular expressions.
  if (told !== undefined) return told instanceof RegExp ? String(told) : undefined;
  return typeof route === 'object' && route !== null ? ofExpress(route, request as Routed) : undefined;
}

function ofExpress(route: ExpressRoute, { baseUrl }: Routed): string | undefined {
  const mount = typeof baseUrl === 'string' ? baseUrl : '';
  const mounts = names.get(route) ?? new Map<string, string>();
  if (mounts.size === 0) names.set(route, mounts);
  const known = mounts.get(mount);
  if (known !== undefined) return known;
  const { path } = route;
  // A list of paths, or a regular expression.
  const own = String(path ?? '');
  if (mounts.size >= MOST_MOUNTS) return `*${own}`;
  const name = mount !== '' && own === '/' ? mount : `${mount}${own}`;
  mounts.set(mount, name);
  return name;
}
