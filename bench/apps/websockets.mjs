/**
 * Echoes over WebSockets. SURVIVE=1: they move, with a state of STATE_BYTES (0: none, as in `survive(wss)`). SAY
 * counts the messages of a connection; MEMORY tells what the heap holds when its garbage has gone.
 */
import http from 'node:http';
import v8 from 'node:v8';
import vm from 'node:vm';
import { survive } from 'tshorn/ws';
import { WebSocketServer } from 'ws';

const stateBytes = Number(process.env.STATE_BYTES ?? 0);
const server = http.createServer((_request, response) => response.end(`${process.pid}\n`));
const wss = new WebSocketServer({ server });

if (process.env.SURVIVE) {
  const keepsState = {
    save: ({ said, note }) => ({ said, note }),
    restore: (ws, state) => Object.assign(ws, state),
  };
  survive(wss, stateBytes > 0 ? keepsState : {});
}

wss.on('connection', (ws) => {
  ws.said = 0;
  if (stateBytes > 0) ws.note = 'n'.repeat(stateBytes);
  ws.on('message', (message, isBinary) => {
    if (isBinary) return ws.send(message);
    ws.send(message.toString() === 'MEMORY' ? memory() : `${++ws.said} ${process.pid}`);
  });
});

function memory() {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  for (let round = 0; round < 2; round++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return JSON.stringify({ pid: process.pid, heap: heapUsed + external });
}

export default server;
