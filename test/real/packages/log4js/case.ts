import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'log4js',
  shows: ['log4js', 'express'],
  node: ['server.js'],
  requests: ['/', { path: '/nowhere', status: 404 }],
  prints: /log4js has a request/,
  cleanUp: /^log4js is shut down$/m,
  light: true,
} satisfies RealPackage;
