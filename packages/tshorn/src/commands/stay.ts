import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const stay = command({
  name: 'stay',
  summary: 'End tshorn leave: ask for traffic again',
  about: 'The server asks for traffic again after tshorn leave. A stop that has begun cannot be undone.',
  args: MASTER_ARGUMENT,
  options: { json: { summary: 'Print JSON, for programs' }, ...MASTER_OPTIONS },
  examples: [['tshorn stay', 'back to the balancer']],
  exits: [[0, 'the server takes traffic'], [1, 'refused: the server is stopping'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/rotate.ts')).stay(values),
});
