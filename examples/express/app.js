import express from 'express';

const app = express();

app.get('/', (_req, res) => {
  res.type('text').send('hello from Express\n');
});

// Each new worker is asked for this before it takes traffic. Anything but 2xx keeps the old one serving.
app.get('/_status', (_req, res) => {
  res.send('ok');
});

// No app.listen(): the master owns the port.
export default app;
