import { command } from './command.ts';
import {
  COULD_NOT_ASK,
  JSON_EVENTS,
  MASTER_ARGUMENT,
  MASTER_OPTIONS,
  NO_WAIT,
} from './control/master-options.ts';

export const stop = command({
  name: 'stop',
  summary: 'Stop the master and its workers',
  about: 'Stops the master and waits for its end. Requests in flight finish within the grace period.',
  args: MASTER_ARGUMENT,
  options: {
    quick: { summary: 'Stop as INT does: requests get --quick-grace', excludes: ['now'] },
    now: { summary: 'Kill the workers at once' },
    json: JSON_EVENTS,
    noWait: NO_WAIT,
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn stop', 'requests in flight finish'],
    ['tshorn stop 4711 --quick', 'one of several masters, soon'],
  ],
  exits: [[0, 'stopped'], [1, 'stopped, but the master ended with an error'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/stop.ts')).stop(values),
});
