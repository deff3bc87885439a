const express = require('express');
const log4js = require('log4js');

log4js.configure({
  appenders: { out: { type: 'stdout' }, app: { type: 'file', filename: 'application.log' } },
  categories: { default: { appenders: ['out', 'app'], level: 'debug' } },
});
const logger = log4js.getLogger();

const app = express();
app.use(log4js.connectLogger(log4js.getLogger('http'), { level: 'auto' }));
app.get('/', (_req, res) => {
  logger.info('log4js has a request');
  res.send('Hello World!');
});

const server = app.listen(process.env.PORT || 3000);

process.on('SIGTERM', () => {
  server.close(() =>
    log4js.shutdown(() => {
      console.log('log4js is shut down');
      process.exit(0);
    }),
  );
});
