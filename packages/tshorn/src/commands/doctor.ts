import { command } from './command.ts';

export const doctor = command({
  name: 'doctor',
  summary: 'Look for what goes wrong in the field, and say how to mend it',
  about:
    'Checks the machine, the configuration and the app, for which it boots one worker as tshorn check does. Without APP and without a config file it checks the machine alone. It changes nothing and leaves nothing behind.',
  server: true,
  options: {
    json: { summary: 'Print JSON, for programs' },
    verbose: { summary: 'List the checks that found nothing, too' },
  },
  examples: [
    ['tshorn doctor', 'the machine, and the app of the config file here'],
    ['tshorn doctor app.js --workers 8 --bind :80', 'with the options of the server'],
    ['sudo -u www tshorn doctor app.js', 'as the user that it will run as'],
  ],
  exits: [
    [0, 'nothing to mend; there may be notes'],
    [1, 'errors or warnings'],
    [2, 'could not check: a wrong option'],
  ],
  run: async (values, words) => (await import('./doctor-app.ts')).doctorApp(values, words),
});
