import type { RealPackage } from '../../harness/real-package.ts';

const library = (name: string, shows: readonly string[] = [name], file = `${name}.js`): RealPackage => ({
  name,
  shows,
  node: [file],
  requests: ['/'],
  cleanUp: /^cleaned up$/m,
  light: true,
});

/** Each as its documentation has it, and what people write without a library. */
export default [
  library('terminus', ['@godaddy/terminus', 'express']),
  library('http-terminator'),
  library('stoppable'),
  library('close-with-grace'),
  library('http-graceful-shutdown'),
  library('lightship', ['lightship'], 'lightship.mjs'),
  library('server-destroy'),
  library('promisify', []),
  library('async-dispose', []),
] satisfies RealPackage[];
