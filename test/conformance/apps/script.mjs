// Unmodified: `node script.mjs` starts the same server on port 3000.
import http from 'node:http';
import { handle } from './node-routes.mjs';

const server = http.createServer(handle);
server.listen(3000, () => console.log('listening', server.address()));
