const express = require('express');
const winston = require('winston');

const logger = winston.createLogger({
  level: 'info',
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Console(), new winston.transports.File({ filename: 'combined.log' })],
});

const app = express();
app.use((req, _res, next) => {
  logger.info(`winston: ${req.method} ${req.url}`);
  next();
});
app.get('/', (_req, res) => res.send('Hello World!'));

const server = app.listen(process.env.PORT || 3000, () => logger.info('listening'));

process.on('SIGTERM', () => {
  server.close((error) => {
    logger.info(`closed: ${error?.message ?? 'in order'}`);
    logger.end();
  });
});
