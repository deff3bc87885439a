const http = require('node:http');
const express = require('express');
const { createTerminus } = require('@godaddy/terminus');

const app = express();
app.get('/', (_req, res) => res.send('ok'));
const server = http.createServer(app);

createTerminus(server, {
  signal: 'SIGTERM',
  healthChecks: { '/healthcheck': async () => {} },
  onSignal: async () => console.log('database disconnected'),
  onShutdown: async () => console.log('cleaned up'),
});

server.listen(process.env.PORT || 3000);
