// Unmodified: listens only as the main module, where Node tells (24.2 and newer), after work in a thread.
import { scrypt } from 'node:crypto';
import http from 'node:http';
import { handle } from './node-routes.mjs';

if (import.meta.main ?? true) {
  scrypt('password', 'salt', 32, () => http.createServer(handle).listen(3000));
}
