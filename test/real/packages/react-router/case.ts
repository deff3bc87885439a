import type { RealPackage } from '../../harness/real-package.ts';

const serve = 'node_modules/@react-router/serve';

export default {
  name: 'react-router',
  sinceNode: 22,
  shows: ['@react-router/serve', 'react-router'],
  build: [['exec', '--', 'react-router', 'build']],
  env: { NODE_ENV: 'production' },
  node: [`${serve}/bin.cjs`, 'build/server/index.js'],
  tshorn: ['@react-router/serve', '--', 'build/server/index.js'],
  requests: ['/api', '/', { path: '/nowhere', status: 404 }],
} satisfies RealPackage;
