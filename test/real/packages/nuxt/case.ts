import type { RealPackage } from '../../harness/real-package.ts';

/** The server that its Nitro builds. */
export default {
  name: 'nuxt',
  sinceNode: 22,
  shows: ['nuxt'],
  build: [['exec', '--', 'nuxt', 'build']],
  node: ['.output/server/index.mjs'],
  requests: ['/api/hello', '/'],
} satisfies RealPackage;
