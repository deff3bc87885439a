import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'restify',
  shows: ['restify'],
  node: ['server.js'],
  requests: ['/hello/mark', { path: '/nowhere', status: 404 }],
  varies: { headers: ['request-id', 'response-time'] },
  cleanUp: /^restify is closed$/m,
  light: true,
} satisfies RealPackage;
