import express from 'express';

const app = express();

app.get('/', (_req, res) => {
  res.type('text').send('hello from Express\n');
});

// tshorn requests this in each new worker before the worker takes traffic. If the answer is not 2xx, the old worker stays.
app.get('/_status', (_req, res) => {
  res.send('ok');
});

// No app.listen(): the master of tshorn owns the port.
export default app;
