/** What crash-containment.test.ts has for plain connections: clients that speak TLS, with all cipher suites, fresh and resumed. */
import { crashRounds } from './support/crash-rounds.ts';
import { times } from './support/long.ts';
import { TLS_ARGS, tlsTargets } from './support/tls-target.ts';

crashRounds({
  args: TLS_ARGS,
  speech: async (port) => ({
    target: await tlsTargets(port),
    webSockets: { scheme: 'wss', rejectUnauthorized: false },
  }),
  rounds: times('CRASH_ROUNDS', 1, 5),
  size: {
    idle: times('CRASH_IDLE', 12, 60),
    webSockets: times('CRASH_WEBSOCKETS', 2, 12),
    slow: times('CRASH_SLOW', 4, 24),
  },
  seed: Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e9)),
});
