import { Hono } from 'hono';

const app = new Hono();

app.get('/', (c) => c.text('hello from Hono\n'));

// Each new worker is asked for this before it takes traffic. Anything but 2xx keeps the old one serving.
app.get('/_status', (c) => c.text('ok'));

// No serve(): everything with a fetch(request) method is an app.
export default app;
