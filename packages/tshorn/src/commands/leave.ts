import { duration } from '@tshorn/config';
import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const leave = command({
  name: 'leave',
  summary: 'Ask the load balancer for no new traffic, and serve on',
  about:
    'The server tells its load balancer to send no new traffic, and still serves: /ready of the admin listener and the status path of the app answer 503, and the agent "drain". Reloads, scaling and replacements continue as before. It ends with tshorn stay, or with a stop, whose --stop-delay the time counts for.',
  args: MASTER_ARGUMENT,
  options: {
    wait: {
      kind: duration(),
      summary: 'Return after this time, which the balancer needs to notice',
    },
    json: { summary: 'Print JSON, for programs' },
    ...MASTER_OPTIONS,
  },
  examples: [
    ['tshorn leave', 'before work on the machine; tshorn stay afterwards'],
    ['tshorn leave --wait 10s', 'as a preStop hook of Kubernetes: TERM comes after it'],
  ],
  exits: [[0, 'the server is leaving'], [1, 'refused: the server is stopping'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/rotate.ts')).leave(values),
});
