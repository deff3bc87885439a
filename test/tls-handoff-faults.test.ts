/** The faults of handoff-faults.test.ts, with connections that speak TLS. */
import { handoffFaults } from './support/handoff-faults.ts';
import { times } from './support/long.ts';
import { TLS_ARGS, tlsTargets } from './support/tls-target.ts';

handoffFaults({
  app: 'mixed.mjs',
  args: TLS_ARGS,
  targets: tlsTargets,
  clients: times('CLIENTS', 60, 100),
  rounds: times('HANDOFF_FAULT_ROUNDS', 3, 4),
});
