import { path, text } from '@tshorn/config';
import { command } from './command.ts';

const JSON_REPORT = 'Print what was done, and the texts of the config files, as JSON';

export const importFile = command({
  name: 'import',
  summary: 'Make config files of an ecosystem file of PM2',
  about:
    'Writes tshorn.NAME.config.mjs beside the ecosystem file for each of its apps, with a comment that names the key of PM2 behind each line, and prints the line that starts it. It lists what has another effect than in PM2, and what it leaves out and why. A file that exists is never changed. The ecosystem file is run, as PM2 runs it.',
  args: {
    file: {
      kind: path('FILE', 'the path of an ecosystem file'),
      summary: 'A script, JSON with comments, or ~/.pm2/dump.pm2; else ecosystem.config.js or the like',
    },
  },
  options: {
    env: {
      kind: text('NAME', 'the name of an environment'),
      summary: 'Write the variables of env_NAME too, as pm2 start --env NAME uses them',
    },
    only: {
      kind: text('NAME,...', 'names of apps, with commas between'),
      summary: 'Import these apps alone',
    },
    dryRun: { summary: 'Print the config files, and write none' },
    json: { summary: JSON_REPORT },
  },
  examples: [
    ['tshorn import ecosystem.config.js --env production', 'all apps, for production'],
    ['tshorn import --only api --dry-run', 'look at one of them'],
  ],
  exits: [
    [0, 'the apps are imported, or all but those that are not for Node'],
    [1, 'no app is imported, or a config file exists already'],
    [2, 'the ecosystem file cannot be read, or has no such app'],
  ],
  run: async (values) => (await import('./import-file.ts')).importFile(values),
});
