import { text } from '@tshorn/config';
import { command } from './command.ts';

export const init = command({
  name: 'init',
  summary: 'Write a config file for the app in this directory',
  about:
    'Finds out how the app is started (npm start, the framework, the usual names), asks three questions, and writes tshorn.config.mjs with types and with the other options as comments. In a project of TypeScript it is tshorn.config.ts, where Node runs that. A file that exists is never changed.',
  args: {
    app: {
      kind: text('APP', 'the path of a file, or a command of a package'),
      summary: 'What starts the app',
    },
  },
  options: { yes: { short: 'y', summary: 'Ask nothing; also where there is no terminal' } },
  examples: [
    ['tshorn init', 'on a terminal'],
    ['tshorn init --yes', 'in a script'],
  ],
  exits: [
    [0, 'written'],
    [2, 'there is a config file'],
    [4, 'no app is found'],
  ],
  run: async (values) => (await import('./init-file.ts')).init(values),
});
