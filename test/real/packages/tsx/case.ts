import type { RealPackage } from '../../harness/real-package.ts';

/** An `enum` is more than types: Node does not strip it. */
export default {
  name: 'tsx',
  shows: ['tsx', 'fastify'],
  node: ['server.ts'],
  nodeOptions: '--import tsx',
  requests: ['/', { path: '/nowhere', status: 404 }],
} satisfies RealPackage;
