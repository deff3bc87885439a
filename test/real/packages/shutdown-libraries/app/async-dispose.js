const http = require('node:http');

const server = http.createServer((_req, res) => res.end('ok'));
server.listen(process.env.PORT || 3000);

process.on('SIGTERM', async () => {
  await server[Symbol.asyncDispose]();
  console.log('cleaned up');
});
