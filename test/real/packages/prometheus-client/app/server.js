const express = require('express');
const client = require('@prometheus-io/client');

client.collectDefaultMetrics();
const hits = new client.Counter({ name: 'hits_total', help: 'Number of hits', labelNames: ['path'] });

const app = express();
app.get('/', (req, res) => {
  hits.inc({ path: req.path });
  res.send('Hello World!');
});
app.get('/metrics', async (_req, res) => {
  res.set('Content-Type', client.register.contentType);
  res.end(await client.register.metrics());
});

app.listen(process.env.PORT || 3000);
