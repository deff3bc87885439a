// Collects the licences of the libraries in a bundle: their terms require it.
import fs from 'node:fs';
import path from 'node:path';

/**
 * @param {string[]} inputs the bundler's input files, relative to `base`
 * @returns {string} one section for each library, by name
 */
export function licencesOf(inputs, base) {
  const sections = new Map();
  for (const input of inputs) {
    const directory = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.resolve(base, input))?.[0];
    if (!directory || !fs.existsSync(path.join(directory, 'package.json'))) continue;
    const { name, version, license } = JSON.parse(
      fs.readFileSync(path.join(directory, 'package.json'), 'utf8'),
    );
    if (name.startsWith('@tshorn/') || sections.has(`${name} ${version}`)) continue;
    const file = fs.readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? fs.readFileSync(path.join(directory, file), 'utf8').trim() : `Licence: ${license}`;
    sections.set(`${name} ${version}`, `${name} ${version}\n\n${text}\n`);
  }
  return `${[...sections.keys()]
    .sort()
    .map((key) => sections.get(key))
    .join(`\n${'-'.repeat(80)}\n\n`)}`;
}
