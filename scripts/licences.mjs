// The libraries in a bundle, with their licences: their terms require the text, and a scanner needs the versions.
import fs from 'node:fs';
import path from 'node:path';

/**
 * @param {string[]} inputs the bundler's input files, relative to `base`
 * @returns {{ name: string, version: string, licence: string, text: string }[]} by name; text: that of the licence
 */
export function librariesOf(inputs, base) {
  const found = new Map();
  for (const input of inputs) {
    const directory = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.resolve(base, input))?.[0];
    if (!directory || found.has(directory) || !fs.existsSync(path.join(directory, 'package.json'))) continue;
    const { name, version, license } = JSON.parse(
      fs.readFileSync(path.join(directory, 'package.json'), 'utf8'),
    );
    if (name.startsWith('@tshorn/')) continue;
    if (typeof license !== 'string')
      throw new Error(`${name} ${version} names no licence in its package.json`);
    const file = fs.readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? fs.readFileSync(path.join(directory, file), 'utf8').trim() : '';
    found.set(directory, { name, version, licence: license, text });
  }
  // Two workspaces may have the same version of one library.
  const unique = new Map([...found.values()].map((one) => [`${one.name} ${one.version}`, one]));
  return [...unique.keys()].sort().map((key) => unique.get(key));
}

/** One section for each library. */
export const licencesText = (libraries) =>
  libraries
    .map(({ name, version, licence, text }) => `${name} ${version} (${licence})\n${text && `\n${text}\n`}`)
    .join(`\n${'-'.repeat(80)}\n\n`);
