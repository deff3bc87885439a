import type { RealPackage } from '../../harness/real-package.ts';

const common = {
  shows: ['next', 'react'],
  build: [['exec', '--', 'next', 'build']],
  env: { NODE_ENV: 'production' },
  requests: ['/api/hello', '/', { path: '/nowhere', status: 404 }],
} satisfies Partial<RealPackage>;

const next = 'node_modules/next/dist/bin/next';

export default [
  { ...common, name: 'next-standalone', node: ['.next/standalone/server.js'] },
  { ...common, name: 'next-start', node: [next, 'start'], tshorn: ['next', '--', 'start'] },
  { ...common, name: 'next-custom', node: ['server.js'] },
] satisfies RealPackage[];
