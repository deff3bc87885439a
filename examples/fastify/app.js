import Fastify from 'fastify';

const app = Fastify();

app.get('/', async () => ({ hello: 'from Fastify' }));

// Each new worker is asked for this before it takes traffic. Anything but 2xx keeps the old one serving.
app.get('/_status', async () => 'ok');

// Runs when a worker leaves, after its last request.
app.addHook('onClose', async () => {
  // close the database here
});

// No app.listen(): the master owns the port.
export default app;
