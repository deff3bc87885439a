import { app } from './fastify-routes.mjs';

let heard = 0;
app.addHook('onListen', async () => {
  heard += 1;
});
app.get('/on-listen', async () => ({ heard }));

export default app;
