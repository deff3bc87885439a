import { createHash } from 'node:crypto';
import { chunks, flood, later, seen } from './shared.mjs';

const routes = {
  'GET /': () => new Response('hello', { headers: { 'content-length': '5' } }),
  'POST /': () => new Response('hello'),
  'GET /_status': () => new Response('ok'),
  'GET /stream': () => new Response(ReadableStream.from(chunks())),
  'GET /flood': () => new Response(ReadableStream.from(flood())),
  'GET /seen': () => Response.json(seen),
  'POST /echo': (request) =>
    new Response(request.body, { headers: { 'content-type': request.headers.get('content-type') ?? 'x/y' } }),
  'POST /hash': async (request) => {
    const hash = createHash('sha256');
    for await (const chunk of request.body) hash.update(chunk);
    return new Response(hash.digest('hex'));
  },
  'GET /hang': (request) => {
    request.signal.addEventListener('abort', () => (seen.aborts += 1));
    const start = (controller) => controller.enqueue(new TextEncoder().encode('started\n'));
    return new Response(new ReadableStream({ start }));
  },
  'GET /cookies': () => {
    const headers = new Headers();
    headers.append('set-cookie', 'a=1; Path=/');
    headers.append('set-cookie', 'b=2; HttpOnly');
    return new Response(null, { headers });
  },
  'GET /throw-sync': () => {
    throw new Error('thrown in the handler');
  },
  'GET /throw-async': async () => {
    await later();
    throw new Error('rejected in the handler');
  },
  'GET /throw-late': () => {
    let pulls = 0;
    const pull = async (controller) => {
      await later();
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('half'));
      else controller.error(new Error('thrown after the headers'));
    };
    return new Response(new ReadableStream({ pull }), { headers: { 'content-length': '100' } });
  },
};

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const route = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${pathname}`];
    return route ? route(request) : new Response(null, { status: 404 });
  },
};
