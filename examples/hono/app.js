import { Hono } from 'hono';

const app = new Hono();

app.get('/', (c) => c.text('hello from Hono\n'));

// tshorn requests this in each new worker before the worker takes traffic. If the answer is not 2xx, the old worker stays.
app.get('/_status', (c) => c.text('ok'));

// No serve(): tshorn accepts any object with a fetch(request) method.
export default app;
