const http = require('node:http');
const enableDestroy = require('server-destroy');

const server = http.createServer((_req, res) => res.end('ok'));
server.listen(process.env.PORT || 3000);
enableDestroy(server);

process.on('SIGTERM', () => {
  server.destroy((error) => {
    if (error) process.exit(1);
    console.log('cleaned up');
    process.exit(0);
  });
});
