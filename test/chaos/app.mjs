// Serves, and misbehaves when it is asked to. Just before each misdeed it writes into the file CHAOS_FAULTS
// what the kernel knows of its connections, so that the test knows which clients it has hit, and what it may cost them.
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
const { kernelView } = await import(path.join(CHAOS_ROOT, '../fixtures/kernel-view.mjs'));
// The test copies it into a directory for each release; the directory's name says what is wrong with the release.
const release = path.basename(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname));
// Open from the start: one of the faults takes the descriptors.
const faults = fs.openSync(CHAOS_FAULTS, 'a');
let hasCrashed = false;
/** Client ports of the WebSockets and streams that this worker has written to. Others may be on their way to it. */
const written = new Set();
const announce = (fault, costs) => {
  const strike = { fault, pid: process.pid, ...costs, written: [...written], ...kernelView() };
  fs.writeSync(faults, `${JSON.stringify(strike)}\n`);
};
const kept = [];

if (release === 'throws') throw new Error('a release that throws');
if (release === 'exits') process.exit(7);
if (release === 'never-boots') await new Promise((resolve) => setTimeout(resolve, 1e8));
if (release === 'crashes-when-ready') {
  setTimeout(() => {
    announce('exit', { costs: 'requests' });
    process.exit(9);
  }, 300);
}

const events = surviveStream('events', (stream, n) => {
  const port = stream.socket?.remotePort;
  const timer = setInterval(() => {
    written.add(port);
    stream.write(`id: ${++n}\n\n`);
  }, 100);
  stream.once('close', () => {
    written.delete(port);
    clearInterval(timer);
  });
  return () => n;
});

/** Only its own request pays for the first crash of a worker; a second one ends the worker at once. */
function crash() {
  announce('crash', { costs: hasCrashed ? 'requests' : 'nothing' });
  hasCrashed = true;
  throw new Error('a crash that was asked for');
}

/** Its other requests are lost where the loop cannot be interrupted. */
function hang() {
  announce('hang', { costs: 'requests', unlessSaved: true });
  for (;;);
}

const PLACES = {
  handler: (strike) => strike(),
  timer: (strike) => setTimeout(strike, 20),
  promise: (strike) => void Promise.resolve().then(strike),
  'begun response': (strike, response) => {
    response.write('begun');
    strike();
  },
};

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
      return PLACES[searchParams.get('in')](hang, response);
    case '/crash':
      return PLACES[searchParams.get('in')](crash, response);
    default:
      return answer('hello');
  }
}

// A client that is idle longer than usual, as this machine is busy, is not to lose its connection for it.
const server = http.createServer({ keepAliveTimeout: 60_000 }, app);
const sockets = new WebSocketServer({ server });
survive(sockets, {
  save: (ws) => ws.count,
  restore(ws, count) {
    ws.count = count;
  },
});
sockets.on('connection', (ws, { socket }) => {
  const port = socket.remotePort;
  ws.count = 0;
  ws.on('error', () => {});
  ws.on('close', () => written.delete(port));
  ws.on('message', (data) => {
    written.add(port);
    ws.send(`${++ws.count} ${data}`);
  });
});

export default server;
