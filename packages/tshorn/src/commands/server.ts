/** The launch of a server as help and docs describe it: `tshorn APP`. Its options are in packages/config. */
import { EXIT } from '@tshorn/core';

export const SERVER = {
  usages: ['tshorn APP[:NAME] [options] [-- ARG...]', 'tshorn COMMAND [options]'],
  about:
    'Serves a Node HTTP app from several worker processes on one shared socket, and reloads it without losing a request.',
  app: 'A file, a directory, or the command of a package, such as next; :NAME picks a named export',
  examples: [
    ['tshorn app.js', 'one worker per CPU, on 127.0.0.1:8000'],
    ['tshorn app.js -w 4 -b :80', 'four workers, on every address'],
    ['tshorn next -- start', 'the command of a package'],
    ['tshorn app.js --print-config', 'each option, and where it is set'],
  ],
  exits: [
    [EXIT.ok, 'stopped, by a signal or by tshorn stop'],
    [EXIT.failure, 'an error in the master itself'],
    [EXIT.usage, 'a wrong option, config file, environment file or user'],
    [EXIT.neverReady, 'no worker became ready'],
    [EXIT.appNotLoadable, 'the app cannot be loaded'],
    [EXIT.addressInUse, 'the address is in use'],
    [EXIT.addressForbidden, 'the address is forbidden'],
    [
      EXIT.badAddress,
      'an address cannot be bound: it is not of this machine, two of them overlap, or the directory of a unix socket is missing',
    ],
  ],
  notes: [
    'A DURATION is a number of seconds, or text such as 500ms, 30s, 2m or 1h. --no-NAME says no, or none. Each option can be set in the environment too, as TSHORN_WORKERS for --workers, and in a config file, as workers. The command line wins, then the environment.',
    'tshorn reload --help is the help of a command; tshorn ./reload serves a file of that name.',
  ],
} as const;
