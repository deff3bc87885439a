import type { RealPackage } from '../../harness/real-package.ts';

const query = (text: string) => JSON.stringify({ query: text });
const headers = { 'content-type': 'application/json' };

export default {
  name: 'apollo-server',
  shows: ['@apollo/server', 'graphql'],
  node: ['index.js'],
  env: { NODE_ENV: 'production' },
  requests: [
    { path: '/', method: 'POST', headers, body: query('{ books { title author } }') },
    { path: '/', method: 'POST', headers, body: query('{ nothing }'), status: 400 },
    { path: '/', status: 400 },
    { path: '/?query=%7B__typename%7D', headers: { 'apollo-require-preflight': 'true' } },
  ],
  cleanUp: /^Apollo stops$/m,
  light: true,
} satisfies RealPackage;
