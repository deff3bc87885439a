// Unmodified: beside its clients' port it has one for metrics and one of plain TCP, which listen first, and it counts the
// connections of its server.
import http from 'node:http';
import net from 'node:net';
import { handle } from './node-routes.mjs';

let connections = 0;
const metrics = http.createServer((_request, response) => response.end(`connections ${connections}\n`));
net.createServer((socket) => socket.end('bye\n')).listen(0, '127.0.0.1');
const server = http.createServer(handle);
server.prependListener('connection', (socket) => {
  connections++;
  socket.once('close', () => connections--);
});
server.listen(3000, () => metrics.listen(0, '127.0.0.1'));
