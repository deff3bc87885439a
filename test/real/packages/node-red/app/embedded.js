const http = require('node:http');
const express = require('express');
const RED = require('node-red');

const app = express();
app.use('/', express.static('public'));
const server = http.createServer(app);

const settings = {
  httpAdminRoot: '/red',
  httpNodeRoot: '/api',
  userDir: __dirname,
  flowFile: 'flows.json',
  credentialSecret: 'a secret',
  logging: { console: { level: 'warn', metrics: false, audit: false } },
};

RED.init(server, settings);
app.use(settings.httpAdminRoot, RED.httpAdmin);
app.use(settings.httpNodeRoot, RED.httpNode);

server.listen(process.env.PORT || 8000);

RED.start();
