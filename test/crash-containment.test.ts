/**
 * One request throws while many clients are connected: it alone fails. CRASH_ROUNDS=100: more rounds; CRASH_SEED repeats a
 * story.
 */
import { crashRounds } from './support/crash-rounds.ts';
import { times } from './support/long.ts';

crashRounds({
  args: [],
  speech: async (port) => ({ target: () => ({ port }) }),
  rounds: times('CRASH_ROUNDS', 3, 6),
  size: {
    idle: times('CRASH_IDLE', 60, 200),
    webSockets: times('CRASH_WEBSOCKETS', 12, 40),
    slow: times('CRASH_SLOW', 24, 60),
  },
  seed: Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e9)),
});
