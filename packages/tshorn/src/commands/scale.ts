import { command } from './command.ts';
import { count } from './control/count-kind.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS, NO_WAIT } from './control/master-options.ts';

export const scale = command({
  name: 'scale',
  summary: 'Change the number of workers',
  about:
    'Changes the number of workers and waits until it is reached. A new worker is ready before it counts; a removed one drains. A reload keeps this number until the config sets another one.',
  args: {
    count: { kind: count, summary: 'The number of workers, or how many more or fewer', required: true },
    ...MASTER_ARGUMENT,
  },
  options: { json: { summary: 'Print JSON, for programs' }, noWait: NO_WAIT, ...MASTER_OPTIONS },
  examples: [
    ['tshorn scale 6', 'six workers'],
    ['tshorn scale -1', 'one worker fewer'],
  ],
  exits: [[0, 'reached'], [1, 'not reached; the last line gives the reason'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/scale.ts')).scale(values),
});
