/** Disturbs a server while random clients use it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { TestServer } from './server.ts';

/**
 * Reloads the server, then reloads and resizes it at random until then, with random pauses. Resolves with the
 * number of each.
 * @param done those of before, to which these are added
 */
export async function disturb(
  server: TestServer,
  random: Random,
  until: number,
  { mostWorkers, restMs = 0 }: { readonly mostWorkers: number; readonly restMs?: number },
  done = { reloads: 0, ups: 0, downs: 0 },
) {
  let size = 2 + done.ups - done.downs;
  while (performance.now() < until) {
    const from = server.lines.length;
    // A slow machine may have no time for a second one, and only a reload is sure to move connections.
    const what = done.reloads === 0 ? 0 : random.below(3);
    if (what === 0) {
      expect(await server.reload()).toMatchObject({ outcome: 'committed' });
      done.reloads++;
    } else if (what === 1 ? size < mostWorkers : size === 1) {
      server.signal('SIGTTIN');
      await server.event('resized', { from });
      size++;
      done.ups++;
    } else if (size > 1) {
      server.signal('SIGTTOU');
      await server.event('resized', { from });
      size--;
      done.downs++;
    }
    await sleep(random.upTo(restMs));
  }
  return done;
}
