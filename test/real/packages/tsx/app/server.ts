import Fastify from 'fastify';

enum Greeting {
  Hello = 'hello',
}

const fastify = Fastify();
fastify.get('/', async (): Promise<{ greeting: Greeting }> => ({ greeting: Greeting.Hello }));

await fastify.listen({ port: Number(process.env.PORT ?? 3000) });
