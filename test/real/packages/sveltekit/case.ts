import type { RealPackage } from '../../harness/real-package.ts';

/** The server that adapter-node builds, with the event that its documentation has for cleaning up. */
export default {
  name: 'sveltekit',
  sinceNode: 22,
  shows: ['@sveltejs/kit', '@sveltejs/adapter-node'],
  build: [['exec', '--', 'vite', 'build']],
  node: ['build/index.js'],
  tshorn: ['build'],
  requests: ['/api', '/', { path: '/nowhere', status: 404 }],
  cleanUp: /^closed the database: SIGTERM$/m,
} satisfies RealPackage;
