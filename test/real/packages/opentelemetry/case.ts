import type { RealPackage } from '../../harness/real-package.ts';

/** The module that its documentation has for `--import`, with the handler for TERM that ends the process. */
export default {
  name: 'opentelemetry',
  shows: ['@opentelemetry/sdk-node', '@opentelemetry/auto-instrumentations-node', 'express'],
  node: ['app.mjs'],
  nodeOptions: '--import ./instrumentation.mjs',
  env: { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
  requests: ['/rolldice', { path: '/nowhere', status: 404 }],
  prints: /rolldice/,
  cleanUp: /^Tracing terminated$/m,
} satisfies RealPackage;
