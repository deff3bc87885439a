const http = require('node:http');
const { createHttpTerminator } = require('http-terminator');

const server = http.createServer((_req, res) => res.end('ok'));
const httpTerminator = createHttpTerminator({ server });
server.listen(process.env.PORT || 3000);

process.on('SIGTERM', async () => {
  await httpTerminator.terminate();
  console.log('cleaned up');
  process.exit(0);
});
