import type { RealPackage } from '../../harness/real-package.ts';

export default [
  {
    name: 'node-red-command',
    sinceNode: 22,
    shows: ['node-red'],
    node: ['node_modules/.bin/node-red', '--userDir', '.', '--settings', 'settings.js'],
    tshorn: ['node-red', '--status-path', '/hello', '--', '--userDir', '.', '--settings', 'settings.js'],
    requests: ['/hello', '/settings', { path: '/nowhere', status: 404 }],
  },
  {
    name: 'node-red-embedded',
    sinceNode: 22,
    shows: ['node-red', 'express'],
    node: ['embedded.js'],
    tshorn: ['embedded.js', '--status-path', '/api/hello'],
    requests: ['/api/hello', '/red/settings', { path: '/nowhere', status: 404 }],
  },
] satisfies RealPackage[];
