const http = require('node:http');
const { promisify } = require('node:util');

const server = http.createServer((_req, res) => res.end('ok'));
server.listen(process.env.PORT || 3000);

process.on('SIGTERM', async () => {
  await promisify(server.close).call(server);
  console.log('cleaned up');
});
