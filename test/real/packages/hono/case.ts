import type { RealPackage } from '../../harness/real-package.ts';

/** With the handler for TERM that its documentation has. */
export default {
  name: 'hono',
  shows: ['hono', '@hono/node-server'],
  node: ['index.js'],
  requests: ['/', '/json', { path: '/nowhere', status: 404 }],
  cleanUp: /^Hono is closed$/m,
  light: true,
} satisfies RealPackage;
