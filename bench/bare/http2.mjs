/**
 * A baseline: the shortest server of `node:http2`, which answers as apps/hello.mjs does. Arguments: the port, compat or streams,
 * and for TLS the file of the certificate and its key.
 */
import fs from 'node:fs';
import http2 from 'node:http2';
import app from '../apps/hello.mjs';

const [port, kind, file] = process.argv.slice(2);
const pem = file && fs.readFileSync(file);
const server = pem ? http2.createSecureServer({ cert: pem, key: pem }) : http2.createServer();
if (kind === 'compat') server.on('request', app);
else {
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('hello\n');
  });
}
server.listen(Number(port), '127.0.0.1');
