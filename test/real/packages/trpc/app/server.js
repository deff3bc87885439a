import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { z } from 'zod';

const t = initTRPC.create();

const appRouter = t.router({
  greet: t.procedure.input(z.string()).query(({ input }) => ({ text: `hello ${input}` })),
});

const server = createHTTPServer({ router: appRouter });
server.listen(process.env.PORT || 3000);
