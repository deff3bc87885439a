import type { RealPackage } from '../../harness/real-package.ts';

/** By the name of the package, which has a library as its `main` and a command as its `bin`. */
export default {
  name: 'http-server',
  shows: ['http-server'],
  node: ['node_modules/http-server/bin/http-server', '-p', '{port}', 'site'],
  tshorn: ['http-server', '--', 'site'],
  requests: ['/', '/style.css', { path: '/nowhere', status: 404 }],
  light: true,
} satisfies RealPackage;
