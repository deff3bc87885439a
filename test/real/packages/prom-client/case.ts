import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'prom-client',
  shows: ['prom-client', 'express'],
  node: ['server.js'],
  requests: ['/', '/metrics', { path: '/nowhere', status: 404 }],
  // The figures of a process: names, types and texts are compared.
  varies: { headers: ['content-length'], body: /^[^#].*\n/gm },
  light: true,
} satisfies RealPackage;
