import type { RealPackage } from '../../harness/real-package.ts';

/** The successor of prom-client, under the name that Prometheus gave it. */
export default {
  name: 'prometheus-client',
  shows: ['@prometheus-io/client', 'express'],
  node: ['server.js'],
  requests: ['/', '/metrics', { path: '/nowhere', status: 404 }],
  // The figures of a process: names, types and texts are compared.
  varies: { headers: ['content-length'], body: /^[^#].*\n/gm },
  sinceNode: 22,
} satisfies RealPackage;
