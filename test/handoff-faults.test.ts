/**
 * Processes that die in the middle of a handoff, and processes that have no descriptor left for one.
 * Afterwards nobody is left with a connection that is open and not served, and nobody but its owner
 * holds a descriptor of it. HANDOFF_FAULT_ROUNDS=50: more rounds.
 */
import { handoffFaults } from './support/handoff-faults.ts';
import { times } from './support/long.ts';

handoffFaults({
  app: 'mixed.mjs',
  args: [],
  targets: async (port) => () => ({ port }),
  clients: times('CLIENTS', 400, 600),
  rounds: times('HANDOFF_FAULT_ROUNDS', 3, 6),
});
