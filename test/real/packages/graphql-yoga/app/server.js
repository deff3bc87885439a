import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';

const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Query { hello: String }',
    resolvers: { Query: { hello: () => 'Hello from Yoga!' } },
  }),
});

const server = createServer(yoga);

server.listen(process.env.PORT || 4000, () => {
  console.info('Server is running');
});
