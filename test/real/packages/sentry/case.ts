import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'sentry',
  shows: ['@sentry/node', 'express'],
  node: ['app.mjs'],
  nodeOptions: '--import ./instrument.mjs',
  requests: ['/', { path: '/debug-sentry', status: 500 }, { path: '/nowhere', status: 404 }],
} satisfies RealPackage;
