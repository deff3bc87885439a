import type { RealPackage } from '../../harness/real-package.ts';

/** With the handlers that its documentation has for closing the database. */
export default {
  name: 'better-sqlite3',
  shows: ['better-sqlite3', 'express'],
  node: ['server.js'],
  native: "require('better-sqlite3')(':memory:')",
  requests: ['/users/1', { path: '/users/2', status: 404 }],
  cleanUp: /^the database is closed$/m,
} satisfies RealPackage;
