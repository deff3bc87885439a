import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import Koa from 'koa';
import { chunks, flood, later, seen } from './shared.mjs';

const routes = {
  'GET /': (ctx) => (ctx.body = 'hello'),
  'POST /': (ctx) => (ctx.body = 'hello'),
  'GET /_status': (ctx) => (ctx.body = 'ok'),
  'GET /stream': (ctx) => (ctx.body = Readable.from(chunks())),
  'GET /flood': (ctx) => (ctx.body = Readable.from(flood())),
  'GET /seen': (ctx) => (ctx.body = { ...seen }),
  'POST /echo': (ctx) => {
    ctx.body = ctx.req.pipe(new PassThrough());
    ctx.type = ctx.get('content-type') || 'bin';
  },
  'POST /hash': async (ctx) => {
    const hash = createHash('sha256');
    for await (const chunk of ctx.req) hash.update(chunk);
    ctx.body = hash.digest('hex');
  },
  'GET /hang': (ctx) => {
    ctx.res.on('close', () => (seen.aborts += 1));
    const body = new PassThrough();
    body.write('started\n');
    ctx.body = body;
  },
  'GET /cookies': (ctx) => {
    ctx.cookies.set('a', '1', { httpOnly: false });
    ctx.cookies.set('b', '2');
    ctx.body = '';
  },
  'GET /trailers': (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(200, { trailer: 'x-checksum' });
    ctx.res.write('body');
    ctx.res.addTrailers({ 'x-checksum': 'abc' });
    ctx.res.end();
  },
  'GET /throw-sync': () => {
    throw new Error('thrown in the handler');
  },
  'GET /throw-async': async () => {
    await later();
    throw new Error('rejected in the handler');
  },
};

const app = new Koa();
app.silent = true;
app.use((ctx) => routes[`${ctx.method === 'HEAD' ? 'GET' : ctx.method} ${ctx.path}`]?.(ctx));

export default app;
