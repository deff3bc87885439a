const { createServer } = require('node:http');
const { parse } = require('node:url');
const next = require('next');

const port = Number(process.env.PORT || 3000);
const app = next({ dev: false });
const handle = app.getRequestHandler();

app.prepare().then(() => {
  createServer((req, res) => {
    handle(req, res, parse(req.url, true));
  }).listen(port);
  console.log(`> Server listening at http://localhost:${port}`);
});
