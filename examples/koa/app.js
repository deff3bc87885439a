import Koa from 'koa';

const app = new Koa();

app.use(async (ctx, next) => {
  // tshorn requests this in each new worker before the worker takes traffic. If the answer is not 2xx, the old worker stays.
  if (ctx.path === '/_status') ctx.body = 'ok';
  else await next();
});

app.use((ctx) => {
  ctx.body = 'hello from Koa\n';
});

// No app.listen(): the master of tshorn owns the port.
export default app;
