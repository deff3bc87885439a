/** A baseline: the shortest server of `node:http2`, which answers as apps/hello.mjs does. Arguments: the port, and compat or streams. */
import http2 from 'node:http2';
import app from '../apps/hello.mjs';

const [port, kind] = process.argv.slice(2);
const server =
  kind === 'compat'
    ? http2.createServer(app)
    : http2.createServer().on('stream', (stream) => {
        stream.respond({ ':status': 200 });
        stream.end('hello\n');
      });
server.listen(Number(port), '127.0.0.1');
