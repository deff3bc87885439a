import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'verdaccio',
  sinceNode: 22,
  shows: ['verdaccio'],
  node: ['node_modules/.bin/verdaccio', '--config', 'config.yaml', '--listen', '{port}'],
  tshorn: ['verdaccio', '--', '--config', 'config.yaml', '--listen', '{port}'],
  requests: ['/-/ping', '/-/verdaccio/data/packages', { path: '/nothing-of-that-name', status: 404 }],
  varies: {
    headers: ['x-ratelimit-remaining', 'x-ratelimit-reset', 'ratelimit-remaining', 'ratelimit-reset'],
  },
} satisfies RealPackage;
