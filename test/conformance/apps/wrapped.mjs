// Unmodified: a wrapper looks for a line of the PROXY protocol at the begin of each connection before Node's own listener
// gets it; there need not be one.
import http from 'node:http';
import { handle } from './node-routes.mjs';

const server = http.createServer(handle);
const kept = server.listeners('connection');
server.removeAllListeners('connection');
server.on('connection', (socket) => {
  socket.once('readable', () => {
    const first = socket.read();
    const [line] = /^PROXY [^\r]*\r\n/.exec(first?.toString('latin1') ?? '') ?? [''];
    for (const listener of kept) listener.call(server, socket);
    if (first && first.length > line.length) socket.unshift(first.subarray(line.length));
  });
});
server.listen(3000);
