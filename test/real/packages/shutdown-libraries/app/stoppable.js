const http = require('node:http');
const stoppable = require('stoppable');

const server = stoppable(
  http.createServer((_req, res) => res.end('ok')),
  10_000,
);
server.listen(process.env.PORT || 3000);

process.on('SIGTERM', () => {
  server.stop((error, gracefully) => {
    if (error) process.exit(1);
    console.log(`cleaned up${gracefully ? '' : ' by force'}`);
    process.exit(0);
  });
});
