import type { RealPackage } from '../../harness/real-package.ts';

/** The chat of its tutorial. */
export default {
  name: 'socket.io',
  shows: ['socket.io', 'express'],
  node: ['index.js'],
  requests: ['/', '/socket.io/socket.io.js', { path: '/socket.io/', status: 400 }],
  cleanUp: /^io is closed$/m,
} satisfies RealPackage;
