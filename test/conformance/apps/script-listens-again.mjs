// Unmodified: it closes its server and listens again before it serves.
import http from 'node:http';
import { handle } from './node-routes.mjs';

const server = http.createServer(handle);
server.listen(3000, () => server.close(() => server.listen(3000)));
