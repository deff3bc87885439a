// Serves, and misbehaves when it is asked to. Just before each misdeed it writes into the file CHAOS_FAULTS
// what the kernel knows of its connections, so that the test knows which clients it has hit.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const { CHAOS_FAULTS, CHAOS_ROOT } = process.env;
// Its directory is not one of the project's: what it imports is looked for from there.
const require = createRequire(CHAOS_ROOT);
const { surviveStream } = await import(require.resolve('tshorn/worker'));
const { survive } = await import(require.resolve('tshorn/ws'));
const { WebSocketServer } = require('ws');
// The test copies it into a directory for each release; the directory's name says what is wrong with the release.
const release = path.basename(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname));
// Open from the start: one of the faults takes the descriptors.
const faults = fs.openSync(CHAOS_FAULTS, 'a');
const connections = fs.openSync('/proc/self/net/tcp');
const announce = (fault) => {
  // The clock of Date.now() jumps.
  const at = Math.ceil(performance.timeOrigin + performance.now());
  const view = { tcp: readAgain(connections), links: descriptors() };
  fs.writeSync(faults, `${JSON.stringify({ fault, pid: process.pid, at, ...view })}\n`);
};
/** Reads a file of the kernel without a new descriptor. */
const readAgain = (fd) => {
  const chunks = [];
  const chunk = Buffer.alloc(65_536);
  for (let at = 0, read = 1; read > 0; at += read) {
    read = fs.readSync(fd, chunk, 0, chunk.length, at);
    chunks.push(chunk.toString('latin1', 0, read));
  }
  return chunks.join('');
};
const descriptors = () => {
  const links = [];
  for (let fd = 0; fd < 1_024; fd++) {
    try {
      links.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    } catch {} // This one is free.
  }
  return links;
};
const block = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const kept = [];

if (release === 'throws') throw new Error('a release that throws');
if (release === 'exits') process.exit(7);
if (release === 'never-boots') await new Promise((resolve) => setTimeout(resolve, 1e8));
if (release === 'crashes-when-ready') {
  setTimeout(() => {
    announce('crash');
    process.exit(9);
  }, 300);
}

const events = surviveStream('events', (stream, n) => {
  const timer = setInterval(() => stream.write(`id: ${++n}\n\n`), 100);
  stream.once('close', () => clearInterval(timer));
  return () => n;
});

/** In small pieces: all at once hangs a worker whose machine is busy. */
function leak(mb, then) {
  if (mb <= 0) return then();
  kept.push(Buffer.alloc(1024 * 1024, 1));
  setImmediate(leak, mb - 1, then);
}

function app(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://chaos');
  response.setHeader('x-pid', process.pid);
  const answer = (text) => response.end(`${request.headers['x-id']} ${text}`);
  switch (pathname) {
    case '/_status':
      response.statusCode = release === 'status-500' ? 500 : 200;
      return response.end();
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return events(response, 0);
    case '/slow':
      return setTimeout(answer, Number(searchParams.get('ms')), 'slow');
    case '/echo': {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      return request.on('end', () => answer(Buffer.concat(chunks).toString('hex')));
    }
    case '/leak':
      return leak(Number(searchParams.get('mb')), () => answer('leaked'));
    case '/hang':
      announce('hang');
      for (;;) block(1_000);
    case '/crash':
      announce('crash');
      throw new Error('a crash that was asked for');
    default:
      return answer('hello');
  }
}

const server = http.createServer(app);
const sockets = new WebSocketServer({ server });
survive(sockets, {
  save: (ws) => ws.count,
  restore(ws, count) {
    ws.count = count;
  },
});
sockets.on('connection', (ws) => {
  ws.count = 0;
  ws.on('error', () => {});
  ws.on('message', (data) => ws.send(`${++ws.count} ${data}`));
});

export default server;
