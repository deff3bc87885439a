import Koa from 'koa';

const app = new Koa();

app.use(async (ctx, next) => {
  // Each new worker is asked for this before it takes traffic. Anything but 2xx keeps the old one serving.
  if (ctx.path === '/_status') ctx.body = 'ok';
  else await next();
});

app.use((ctx) => {
  ctx.body = 'hello from Koa\n';
});

// No app.listen(): the master owns the port.
export default app;
