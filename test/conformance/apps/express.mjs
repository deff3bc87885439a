import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import express from 'express';
import { chunks, flood, later, seen } from './shared.mjs';

const app = express();

app.get('/', (_req, res) => res.type('text/plain').send('hello'));
app.post('/', (_req, res) => res.send('hello'));
app.get('/_status', (_req, res) => res.send('ok'));
app.get('/stream', (_req, res) => Readable.from(chunks()).pipe(res));
app.get('/flood', (_req, res) => Readable.from(flood()).pipe(res));
app.get('/seen', (_req, res) => res.json(seen));
app.post('/echo', (req, res) => req.pipe(res.type(req.get('content-type') ?? 'bin')));
app.post('/hash', async (req, res) => {
  const hash = createHash('sha256');
  for await (const chunk of req) hash.update(chunk);
  res.send(hash.digest('hex'));
});
app.get('/hang', (_req, res) => {
  res.on('close', () => (seen.aborts += 1));
  res.write('started\n');
});
app.get('/cookies', (_req, res) => res.cookie('a', '1').cookie('b', '2', { httpOnly: true }).end());
app.get('/trailers', (_req, res) => {
  res.set('trailer', 'x-checksum').write('body');
  res.addTrailers({ 'x-checksum': 'abc' });
  res.end();
});
app.get('/throw-sync', () => {
  throw new Error('thrown in the handler');
});
app.get('/throw-async', async () => {
  await later();
  throw new Error('rejected in the handler');
});

export default app;
