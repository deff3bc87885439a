// A metrics port for each worker: 9310 for slot 0, 9311 for slot 1. The old worker leaves it when it drains, so that after
// the reload only the new one answers there.
import http from 'node:http';
import { worker } from 'tshorn/worker';

const PORT = Number(process.env.METRICS_PORT ?? 9310) + Math.max(0, worker.slot);

let requests = 0;
const app = http.createServer((_request, response) => {
  requests++;
  response.end('hello\n');
});

const metrics = http.createServer((_request, response) => {
  response.end(`requests{slot="${worker.slot}",generation="${worker.generation}"} ${requests}\n`);
});
const open = () => metrics.listen(PORT);

worker.on('drain', () => {
  metrics.close();
  metrics.closeIdleConnections();
});
worker.on('resume', open);

// The app's own port first: it is the one that tshorn serves.
app.listen(3000, open);
