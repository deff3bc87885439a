// Unmodified: the top-level await settles only when it listens, and `localhost` makes Fastify bind twice.
import { app } from './fastify-routes.mjs';

await app.listen({ port: 3000 });
