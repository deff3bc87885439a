const http = require('node:http');
const { promisify } = require('node:util');
const closeWithGrace = require('close-with-grace');

const server = http.createServer((_req, res) => res.end('ok'));
server.listen(process.env.PORT || 3000);

closeWithGrace({ delay: 10_000 }, async ({ err }) => {
  if (err) console.error(err);
  await promisify(server.close.bind(server))();
  console.log('cleaned up');
});
