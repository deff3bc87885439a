import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const typeDefs = `#graphql
  type Book {
    title: String
    author: String
  }

  type Query {
    books: [Book]
  }
`;

const books = [
  { title: 'The Awakening', author: 'Kate Chopin' },
  { title: 'City of Glass', author: 'Paul Auster' },
];

const server = new ApolloServer({
  typeDefs,
  resolvers: { Query: { books: () => books } },
  plugins: [
    {
      async serverWillStart() {
        return {
          async serverWillStop() {
            console.log('Apollo stops');
          },
        };
      },
    },
  ],
});

const { url } = await startStandaloneServer(server, { listen: { port: Number(process.env.PORT || 4000) } });
console.log(`Server ready at: ${url}`);
