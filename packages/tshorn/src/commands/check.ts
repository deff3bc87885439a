import { command } from './command.ts';

export const check = command({
  name: 'check',
  summary: 'Boot one worker and report: does this release start?',
  about:
    'Boots one worker as a server would, with hooks, environment files, probe and warm-up, reports the result, and ends it. Opens no port, no control socket and no log file: for CI, and before a start or a reload.',
  server: true,
  examples: [
    ['tshorn check app.js', 'in CI'],
    ['tshorn check app.js && tshorn reload', 'reload only to a release that starts'],
  ],
  exits: [
    [0, 'the worker has passed its probe'],
    [2, 'a wrong option, config file or environment file'],
    [3, 'the worker hangs, exits, or fails its probe'],
    [4, 'the app cannot be loaded'],
  ],
  run: async (_, words) => (await import('./check-app.ts')).check(words),
});
