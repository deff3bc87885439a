/** A baseline: one node:http process. Argument: the port. */
import http from 'node:http';
import app from '../apps/hello.mjs';

const server = http.createServer(app);
server.keepAliveTimeout = 600_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
