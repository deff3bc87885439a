// docs/options.md and the type UserConfig are made from the options' own rows, docs/commands.md from the commands, the table of log events in
// docs/operating.md from packages/master/src/log-events.ts, that of docs/metrics.md from packages/master/src/metrics, the findings in docs/doctor.md from
// packages/doctor/src/checks. Without --write the pages are only compared: `npm run check` fails when somebody changed a
// row and not the page.
import fs from 'node:fs';
import path from 'node:path';
import {
  importCommands,
  importConfigPackage,
  importDoctorFindings,
  importLogEvents,
  importMetrics,
  root,
} from './config-package.mjs';

const { optionsMarkdown, userConfigSource } = await importConfigPackage();
const { logEventsMarkdown } = await importLogEvents();
const { metricsMarkdown } = await importMetrics();
const { commandsMarkdown } = await importCommands();
const { findingsMarkdown } = await importDoctorFindings();

const pages = {
  'docs/options.md': () => optionsMarkdown(),
  'docs/commands.md': () => commandsMarkdown(),
  'packages/config/src/user-config.ts': () => userConfigSource(),
  'docs/operating.md': (page) => between(page, 'log events', logEventsMarkdown()),
  'docs/metrics.md': (page) => between(page, 'metrics', metricsMarkdown()),
  'docs/doctor.md': (page) => between(page, 'findings', findingsMarkdown()),
};

/** Replaces what stands between the two marks of that name. */
function between(page, name, text) {
  const marks = new RegExp(`(<!-- ${name}: [^>]*-->\\n).*(<!-- end of ${name} -->)`, 's');
  return page.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${end}`);
}

for (const [name, render] of Object.entries(pages)) {
  const file = path.join(root, name);
  const page = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const wanted = render(page);
  if (wanted === page) continue;
  if (process.argv.includes('--write')) fs.writeFileSync(file, wanted);
  else {
    console.error(`${name} differs from the source that it is made from; run: npm run docs`);
    process.exitCode = 1;
  }
}
