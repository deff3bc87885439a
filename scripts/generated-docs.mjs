// docs/options.md is made from the options' own rows. Without --write it is only compared: `npm run check`
// fails when somebody changed a row and not the page.
import fs from 'node:fs';
import path from 'node:path';
import { importConfigPackage, root } from './config-package.mjs';

const { optionsMarkdown } = await importConfigPackage();
const file = path.join(root, 'docs/options.md');
const wanted = optionsMarkdown();
if (process.argv.includes('--write')) {
  fs.writeFileSync(file, wanted);
} else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== wanted) {
  console.error('docs/options.md does not say what the options say; run: npm run docs');
  process.exit(1);
}
