import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'feathers',
  shows: ['@feathersjs/feathers', '@feathersjs/express'],
  node: ['app.js'],
  requests: [
    '/messages',
    '/messages/0',
    { path: '/nowhere', status: 404, headers: { accept: 'application/json' } },
  ],
  cleanUp: /^Feathers is torn down$/m,
} satisfies RealPackage;
