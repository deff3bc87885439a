import { path, text, wholeNumber } from '@tshorn/config';
import { command } from './command.ts';

export const unit = command({
  name: 'unit',
  summary: 'Print a systemd service, or a Dockerfile, for an app',
  about:
    'Prints a hardened systemd service for exactly this app, these options, this Node and this user. The options of a server are those that the service starts it with; a config file is read for the deadlines and paths in it.',
  server: true,
  options: {
    socket: { summary: 'Print a socket unit, too: the port stays open while the service is stopped' },
    container: {
      summary: 'Print a Dockerfile instead',
      excludes: ['socket', 'systemdVersion', 'name'],
    },
    name: {
      kind: text('NAME', 'the name of a unit, without .service', /^[\w.-]{1,200}$/),
      summary: 'The name of the unit; by default that of the package',
    },
    systemdVersion: {
      kind: wholeNumber(200, 9999),
      summary: 'The version of systemd on the server; by default that of this machine',
    },
    write: {
      kind: path('DIR', 'the path of a directory'),
      summary: 'Write the files there instead of printing them; never over another file',
    },
  },
  examples: [
    ['tshorn unit app.js --workers 4', 'look at the service'],
    ['tshorn unit app.js --socket --write units', 'write service and socket into a directory'],
    ['tshorn unit app.js --container --write .', 'write a Dockerfile'],
  ],
  exits: [
    [0, 'printed or written'],
    [2, 'a wrong option or config file, or a file of that name exists'],
    [4, 'there is no such app'],
  ],
  run: async (values, words) => (await import('./unit-files.ts')).printUnit(words, values),
});
