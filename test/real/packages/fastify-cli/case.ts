import type { RealPackage } from '../../harness/real-package.ts';

/** The file that `fastify generate` makes: a plugin, which the command `fastify start` registers. */
export default {
  name: 'fastify-cli',
  shows: ['fastify-cli', 'fastify'],
  node: ['node_modules/fastify-cli/cli.js', 'start', 'app.js'],
  tshorn: ['fastify', '--', 'start', 'app.js'],
  requests: ['/', { path: '/nowhere', status: 404 }],
  cleanUp: /^Fastify is closed$/m,
} satisfies RealPackage;
