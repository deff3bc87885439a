import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import Fastify from 'fastify';
import { chunks, flood, later, seen } from './shared.mjs';

export const app = Fastify({ bodyLimit: 64 * 1024 * 1024 });

// Bodies arrive as streams, whatever their type.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', (_request, body, done) => done(null, body));

app.get('/', async () => 'hello');
app.post('/', async () => 'hello');
app.get('/_status', async () => 'ok');
app.get('/stream', async () => Readable.from(chunks()));
app.get('/flood', async () => Readable.from(flood()));
app.get('/seen', async () => ({ ...seen }));
app.post('/echo', async (request, reply) => {
  reply.type(request.headers['content-type'] ?? 'application/octet-stream');
  return request.body ?? '';
});
app.post('/hash', async (request) => {
  const hash = createHash('sha256');
  for await (const chunk of request.body) hash.update(chunk);
  return hash.digest('hex');
});
app.get('/hang', async (_request, reply) => {
  reply.raw.on('close', () => (seen.aborts += 1));
  const body = new PassThrough();
  body.write('started\n');
  return body;
});
app.get('/cookies', async (_request, reply) => {
  reply.header('set-cookie', 'a=1; Path=/').header('set-cookie', 'b=2; HttpOnly');
  return '';
});
app.get('/trailers', async (_request, reply) => {
  reply.trailer('x-checksum', async () => 'abc');
  return 'body';
});
app.get('/throw-sync', () => {
  throw new Error('thrown in the handler');
});
app.get('/throw-async', async () => {
  await later();
  throw new Error('rejected in the handler');
});
