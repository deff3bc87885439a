import type { RealPackage } from '../../harness/real-package.ts';

const headers = { 'content-type': 'application/json' };

export default {
  name: 'graphql-yoga',
  shows: ['graphql-yoga', 'graphql'],
  node: ['server.js'],
  requests: [
    { path: '/graphql', method: 'POST', headers, body: '{"query":"{ hello }"}' },
    '/graphql?query=%7Bhello%7D',
    '/health',
    { path: '/nowhere', status: 404 },
  ],
  light: true,
} satisfies RealPackage;
