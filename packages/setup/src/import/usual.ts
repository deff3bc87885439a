import { join } from 'node:path';
import { isFile } from '@tshorn/core';

/** Names of ecosystem files that PM2 and its users know. */
const USUAL = [
  'ecosystem.config.js',
  'ecosystem.config.cjs',
  'ecosystem.config.mjs',
  'ecosystem.json',
  'process.json',
  'pm2.json',
];

/** The ecosystem file in a directory, without the directory. */
export const usualEcosystem = (directory: string): string | undefined =>
  USUAL.find((name) => isFile(join(directory, name)));
