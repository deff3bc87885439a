// Unmodified: exports the function that it has called already.
const http = require('node:http');

async function main() {
  const { handle } = await import('./node-routes.mjs');
  http.createServer(handle).listen(3000);
}

module.exports = main;
if (!module.parent) main();
