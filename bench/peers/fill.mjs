/** Configuration files with values to fill in: `${PORT}`. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string} name a file of this directory @param {Record<string, string | number>} values @param {string} scratch a directory @returns {string} the filled file */
export function fill(name, values, scratch) {
  const text = fs.readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
  const file = path.join(scratch, name);
  fs.writeFileSync(
    file,
    text.replace(/\$\{(\w+)\}/g, (_, key) => String(values[key])),
  );
  return file;
}
