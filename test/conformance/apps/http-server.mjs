import http from 'node:http';
import { handle } from './node-routes.mjs';

export default http.createServer(handle);
