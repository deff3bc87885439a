// Three connections that a deploy usually closes, and that survive here: a WebSocket, an event stream, and the
// keep-alive connection of a page that polls. README.md describes how to watch it.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { surviveStream, worker } from 'tshorn/worker';
import { moved, survive } from 'tshorn/ws';
import { WebSocketServer } from 'ws';
import * as room from './room.mjs';

const page = readFileSync(new URL('page.html', import.meta.url));

// Every message names the process that has sent it. The page shows that.
const here = () => ({ pid: process.pid, generation: worker.generation, master: process.ppid });

const server = createServer((request, response) => {
  const path = request.url.split('?')[0];
  if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    response.end(page);
  } else if (path === '/ticks') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    ticks(response, { n: Number(request.headers['last-event-id'] ?? 0), due: Date.now() });
  } else if (path === '/poll') {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    // The client's port identifies the connection.
    response.end(JSON.stringify({ ...here(), port: request.socket.remotePort }));
  } else {
    response.writeHead(path === '/_status' ? 200 : 404).end();
  }
});

// The event stream. This function starts a stream, and resumes one that has moved here from another worker.
const ticks = surviveStream('ticks', (stream, { n, due }) => {
  const tick = () => {
    stream.write(`id: ${++n}\ndata: ${JSON.stringify({ n, ...here() })}\n\n`);
    due = Math.max(due + 400, Date.now());
    timer = setTimeout(tick, due - Date.now());
  };
  let timer = setTimeout(tick, due - Date.now());
  // The client has left, or has moved to another worker.
  stream.once('close', () => clearTimeout(timer));
  return () => ({ n, due });
});

// The chat. The state of a client is small, so that it can move: an id and a name, how many lines of the room it has
// been sent, and how many messages it has sent.
const wss = new WebSocketServer({ server, path: '/chat', maxPayload: 4096 });
const clients = new Map();

const send = (ws, message) => ws.send(JSON.stringify({ ...message, ...here() }));

function tellNews(ws) {
  const client = clients.get(ws);
  const lines = room.since(client.seen);
  if (lines.length > 0) send(ws, { from: client.seen, lines, people: room.people() });
  client.seen += lines.length;
}

survive(wss, {
  save: (ws) => clients.get(ws),
  restore: enter,
});

wss.on('connection', (ws, request) => {
  const name = new URLSearchParams(request.url.split('?')[1]).get('name')?.slice(0, 20) || 'somebody';
  // A client that has moved here gets its state from `restore`.
  if (!request.handoff) enter(ws, { id: crypto.randomUUID(), name, heard: 0, seen: room.latest(30) });

  ws.on('message', (data) => hear(ws, data));
  ws.on('error', () => ws.terminate());
  ws.on('close', () => {
    const { id } = clients.get(ws);
    clients.delete(ws);
    // A client that has moved to another worker is still in the room.
    if (!moved(ws)) room.add({ left: id });
  });
});

function enter(ws, client) {
  clients.set(ws, client);
  room.add({ here: { id: client.id, name: client.name, ...here() } });
}

function hear(ws, data) {
  const client = clients.get(ws);
  const [kind, value] = String(data).split(/:(.*)/s);
  client.heard++;
  if (kind === 'say') room.add({ say: value, name: client.name });
  else send(ws, { heartbeat: value, heard: client.heard });
}

room.follow(() => {
  for (const ws of clients.keys()) tellNews(ws);
});

export default server;
