import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { chunks, flood, later, seen } from './shared.mjs';

const app = new Hono();

app.get('/', (c) => c.text('hello'));
app.post('/', (c) => c.text('hello'));
app.get('/_status', (c) => c.text('ok'));
app.get('/stream', (c) =>
  stream(c, async (out) => {
    for await (const chunk of chunks()) await out.write(chunk);
  }),
);
app.get('/flood', (c) => c.body(ReadableStream.from(flood())));
app.get('/seen', (c) => c.json(seen));
app.post('/echo', (c) =>
  c.body(c.req.raw.body, 200, { 'content-type': c.req.header('content-type') ?? 'application/octet-stream' }),
);
app.post('/hash', async (c) => {
  const body = await c.req.arrayBuffer();
  return c.text(createHash('sha256').update(Buffer.from(body)).digest('hex'));
});
app.get('/hang', (c) => {
  c.req.raw.signal.addEventListener('abort', () => (seen.aborts += 1));
  return stream(c, async (out) => {
    await out.write('started\n');
    await new Promise(() => {});
  });
});
app.get('/cookies', (c) => {
  c.header('set-cookie', 'a=1; Path=/', { append: true });
  c.header('set-cookie', 'b=2; HttpOnly', { append: true });
  return c.body(null);
});
app.get('/throw-sync', () => {
  throw new Error('thrown in the handler');
});
app.get('/throw-async', async () => {
  await later();
  throw new Error('rejected in the handler');
});

export default app;
