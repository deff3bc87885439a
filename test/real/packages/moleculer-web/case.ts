import type { RealPackage } from '../../harness/real-package.ts';

/** Its routes are there only after its server listens: the status path admits a worker no sooner. */
export default {
  name: 'moleculer-web',
  shows: ['moleculer', 'moleculer-web'],
  node: ['index.js'],
  tshorn: ['index.js', '--status-path', '/greeter/hello'],
  requests: ['/greeter/hello', { path: '/nowhere', status: 404 }],
  cleanUp: /^greeter has stopped$/m,
} satisfies RealPackage;
