import type { RealPackage } from '../../harness/real-package.ts';

const nest = (platform: string, file: string): RealPackage => ({
  name: `nestjs-${platform}`,
  shows: ['@nestjs/core', `@nestjs/platform-${platform}`],
  build: [['exec', '--', 'tsc']],
  node: [file],
  requests: ['/', { path: '/nowhere', status: 404 }],
  cleanUp: /^the module is destroyed$/m,
});

/** With `enableShutdownHooks()`. */
export default [
  nest('express', 'dist/main.js'),
  nest('fastify', 'dist/main-fastify.js'),
] satisfies RealPackage[];
