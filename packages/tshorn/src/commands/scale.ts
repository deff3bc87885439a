import { command } from './command.ts';
import { count } from './control/count-kind.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS, NO_WAIT } from './control/master-options.ts';

export const scale = command({
  name: 'scale',
  summary: 'Change the number of workers',
  about:
    'Changes the number of workers and waits until it is reached. A new worker is ready before it counts; a removed one drains. The number stands, also where the config has a range: it no longer follows the load. With MIN..MAX it follows the load in this range, and auto gives it back to the range of the config. A reload keeps what was asked for last until the config sets something else.',
  args: {
    count: {
      kind: count,
      summary: 'The number of workers, how many more or fewer, or a range to follow the load in',
      required: true,
    },
    ...MASTER_ARGUMENT,
  },
  options: { json: { summary: 'Print JSON, for programs' }, noWait: NO_WAIT, ...MASTER_OPTIONS },
  examples: [
    ['tshorn scale 6', 'six workers'],
    ['tshorn scale -1', 'one worker fewer'],
    ['tshorn scale 2..8', 'follow the load with two to eight workers'],
    ['tshorn scale auto', 'follow the load in the range of the config, or up to the number of CPUs'],
  ],
  exits: [[0, 'reached'], [1, 'not reached; the last line gives the reason'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/scale.ts')).scale(values),
});
