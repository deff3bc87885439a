import http from 'node:http';
import { handle } from './node-routes.mjs';
import { later } from './shared.mjs';

export default later().then(() => http.createServer(handle));
