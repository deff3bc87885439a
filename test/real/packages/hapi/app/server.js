'use strict';

const Hapi = require('@hapi/hapi');

const init = async () => {
  const server = Hapi.server({ port: process.env.PORT || 3000, host: 'localhost' });
  server.route({ method: 'GET', path: '/', handler: () => 'Hello World!' });
  server.events.on('stop', () => console.log('hapi has stopped'));
  process.on('SIGTERM', async () => {
    await server.stop({ timeout: 10_000 });
    process.exit(0);
  });
  await server.start();
  console.log('Server running on %s', server.info.uri);
};

process.on('unhandledRejection', (err) => {
  console.log(err);
  process.exit(1);
});

init();
