import * as Sentry from '@sentry/node';
import express from 'express';

const app = express();
app.get('/', (_req, res) => res.send('Hello World!'));
app.get('/debug-sentry', () => {
  throw new Error('My first Sentry error!');
});
Sentry.setupExpressErrorHandler(app);
app.use((_err, _req, res, _next) => {
  res.status(500).end('failed');
});

app.listen(process.env.PORT || 3000);
