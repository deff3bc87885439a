// Unmodified, and it listens only when something else is done; what it exports is for its tests.
const express = require('express');
const app = express();

module.exports = { app };

setTimeout(async () => {
  const { handle } = await import('./node-routes.mjs');
  app.use(handle);
  app.listen(3000);
}, 300);
