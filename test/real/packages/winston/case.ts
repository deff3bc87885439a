import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'winston',
  shows: ['winston', 'express'],
  node: ['server.js'],
  requests: ['/', { path: '/nowhere', status: 404 }],
  prints: /winston: GET \//,
  cleanUp: /closed: in order/,
  light: true,
} satisfies RealPackage;
