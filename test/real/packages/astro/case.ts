import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'astro',
  sinceNode: 22,
  shows: ['astro', '@astrojs/node'],
  build: [['exec', '--', 'astro', 'build']],
  node: ['dist/server/entry.mjs'],
  requests: ['/api', '/', { path: '/nowhere', status: 404 }],
} satisfies RealPackage;
