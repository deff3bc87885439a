// The routes of the conformance list on node:http alone; the frameworks' apps have them in their own words.
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { chunks, flood, later, seen } from './shared.mjs';

const routes = {
  'GET /': (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/plain', 'content-length': 5 });
    res.end('hello');
  },
  'POST /': (_req, res) => res.end('hello'),
  'GET /_status': (_req, res) => res.end('ok'),
  'GET /stream': (_req, res) => void pipeline(Readable.from(chunks()), res, () => {}),
  'GET /flood': (_req, res) => void pipeline(Readable.from(flood()), res, () => {}),
  'GET /seen': (_req, res) => res.end(JSON.stringify(seen)),
  'POST /echo': (req, res) => {
    res.setHeader('content-type', req.headers['content-type'] ?? 'application/octet-stream');
    pipeline(req, res, () => {});
  },
  'POST /hash': (req, res) => {
    const hash = createHash('sha256');
    req.on('data', (chunk) => hash.update(chunk)).on('end', () => res.end(hash.digest('hex')));
  },
  'GET /hang': (_req, res) => {
    res.on('close', () => (seen.aborts += 1));
    res.write('started\n');
  },
  'GET /cookies': (_req, res) => res.setHeader('set-cookie', ['a=1; Path=/', 'b=2; HttpOnly']).end(),
  'GET /trailers': (_req, res) => {
    res.writeHead(200, { trailer: 'x-checksum' });
    res.write('body');
    res.addTrailers({ 'x-checksum': 'abc' });
    res.end();
  },
  'GET /throw-sync': () => {
    throw new Error('thrown in the handler');
  },
  'GET /throw-async': async () => {
    await later();
    throw new Error('rejected in the handler');
  },
  'GET /throw-late': async (_req, res) => {
    res.writeHead(200, { 'content-length': 100 });
    res.write('half');
    await later();
    throw new Error('thrown after the headers');
  },
};

export function handle(req, res) {
  const route =
    routes[`${req.method === 'HEAD' ? 'GET' : req.method} ${new URL(req.url, 'http://x').pathname}`];
  if (route) return route(req, res);
  res.writeHead(404).end();
}
