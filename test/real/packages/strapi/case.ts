import type { RealPackage } from '../../harness/real-package.ts';

export default {
  name: 'strapi',
  shows: ['@strapi/strapi'],
  native: "require('better-sqlite3')(':memory:')",
  build: [['exec', '--', 'strapi', 'build']],
  env: { NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' },
  node: ['node_modules/@strapi/strapi/bin/strapi.js', 'start'],
  tshorn: ['strapi', '--', 'start'],
  cleanUp: /^Strapi is destroyed$/m,
  requests: ['/api/greeting', { path: '/_health', status: 204 }, { path: '/api/nowhere', status: 404 }],
} satisfies RealPackage;
