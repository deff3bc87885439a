// A metrics server listens before the app is there; what is exported is the app.
import http from 'node:http';
import { handle } from './node-routes.mjs';

http.createServer((_req, res) => res.end('metrics')).listen(0, '127.0.0.1');

export default (req, res) => handle(req, res);
