import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'trpc',
  shows: ['@trpc/server', 'zod'],
  node: ['server.js'],
  env: { NODE_ENV: 'production' },
  requests: ['/greet?input=%22you%22', { path: '/greet', status: 400 }, { path: '/nowhere', status: 404 }],
  light: true,
} satisfies RealPackage;
