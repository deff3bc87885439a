import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ hello: 'from Fastify' }));

// tshorn requests this in each new worker before the worker takes traffic. If the answer is not 2xx, the old worker stays.
app.get('/_status', async () => 'ok');

// Runs when a worker exits, after its last request.
app.addHook('onClose', async () => {
  // close the database here
});

// No app.listen(): the master of tshorn owns the port.
export default app;
