/** Results go to bench/results/, which is not in git. */
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

const directory = fileURLToPath(new URL('../results/', import.meta.url));

/** @param {string} name a file name @param {object | string} content */
export function save(name, content) {
  fs.mkdirSync(directory, { recursive: true });
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
  fs.writeFileSync(`${directory}${name}`, text);
  return `bench/results/${name}`;
}

/** Where the figures were taken: without it they say little. */
export const machine = () => ({
  node: process.version,
  system: `${os.type()} ${os.release()}`,
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  date: new Date().toISOString(),
});
