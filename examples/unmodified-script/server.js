// An ordinary server, which also runs without tshorn: node server.js
import http from 'node:http';

const server = http.createServer((_req, res) => {
  res.setHeader('content-type', 'text/plain');
  res.end('hello from an unmodified script\n');
});

server.listen(3000, () => {
  console.log('listening on port', server.address().port);
});

process.on('SIGTERM', () => {
  console.log('SIGTERM received, closing');
  server.close(() => process.exit(0));
});
