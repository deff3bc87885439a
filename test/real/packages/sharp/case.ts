import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'sharp',
  shows: ['sharp', 'express'],
  node: ['server.js'],
  native: "require('sharp')",
  requests: ['/red.png', { path: '/nowhere', status: 404 }],
} satisfies RealPackage;
