import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'hapi',
  shows: ['@hapi/hapi'],
  node: ['server.js'],
  requests: ['/', { path: '/nowhere', status: 404 }],
  cleanUp: /^hapi has stopped$/m,
  light: true,
} satisfies RealPackage;
