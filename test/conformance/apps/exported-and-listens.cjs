// Unmodified: its own server listens when something else is done, and the app is exported for its tests.
const http = require('node:http');
const express = require('express');

const app = express();
module.exports = app;

setTimeout(async () => {
  const { handle } = await import('./node-routes.mjs');
  app.use(handle);
  http.createServer(app).listen(3000);
}, 300);
