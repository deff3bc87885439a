import type { RealPackage } from '../../harness/real-package.ts';

/** By the name of the package, which has a command only. */
export default {
  name: 'serve',
  shows: ['serve'],
  node: ['node_modules/serve/build/main.js', '-l', '{port}', 'site'],
  tshorn: ['serve', '--', 'site'],
  requests: ['/', '/style.css', { path: '/nowhere', status: 404 }],
  light: true,
} satisfies RealPackage;
