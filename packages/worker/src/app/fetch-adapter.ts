/** An object with `fetch(request)` as a request listener. Loaded only for apps of that kind. */
import type http from 'node:http';
import { toNodeHandler } from 'srvx/node';
import { guard, type Handler } from './guard.ts';

type Fetch = (request: Request) => Response | Promise<Response>;

export const toNodeListener = (fetch: Fetch): http.RequestListener => guard(toNodeHandler(fetch) as Handler);
