const http = require('node:http');
const gracefulShutdown = require('http-graceful-shutdown');

const server = http.createServer((_req, res) => res.end('ok'));
server.listen(process.env.PORT || 3000);

gracefulShutdown(server, {
  signals: 'SIGINT SIGTERM',
  timeout: 10_000,
  onShutdown: async () => console.log('cleaned up'),
  finally: () => console.log('Server gracefully shut down'),
});
