/**
 * A new worker that dies, crashes or hangs at any moment of a reload costs one worker in service, itself, and no more: the
 * plan and the rollback never drain one too many beside it. Exhaustive: every plan, slot and moment.
 */
import type { ReloadPlan } from './plan.ts';
import { Scene } from './testing/scene.ts';

/** jest.config.js sets it: true in the long suite. */
declare const LONG: boolean;

const WORKERS = 4;
/** More events than any of these reloads takes. */
const MOMENTS = 80;
const PLANS: readonly ReloadPlan[] = ['rolling', 'canary', 'overlap', 'replace'];
const WAYS = LONG ? (['exit', 'crash', 'hang'] as const) : (['exit', 'crash'] as const);
const matrix = PLANS.flatMap((kind) =>
  [true, false].flatMap((park) =>
    (LONG ? [1, 2, 4] : [2]).flatMap((parallelism) => WAYS.map((how) => ({ kind, park, parallelism, how }))),
  ),
);

/** Plays a reload in which the new worker of the slot crashes at the first moment from `at` on at which it serves. */
function play({ how, ...shape }: (typeof matrix)[number], slot: number, at: number) {
  const scene = new Scene({ workers: WORKERS }).started();
  const seen = { crashed: false, least: WORKERS };
  const happen = scene.happen.bind(scene);
  let moment = 0;
  scene.happen = (event) => {
    happen(event);
    seen.least = Math.min(seen.least, scene.ready().length);
    const victim = scene.ready().find((worker) => worker.slot === slot && worker.generation === 2);
    if (++moment >= at && victim && !seen.crashed) {
      seen.crashed = true;
      scene[how](victim.serial);
    }
    return scene;
  };
  scene.reloadAs({ ...shape, soakMs: 1_000 }).settle();
  return { ...seen, scene };
}

test.each(matrix)('plan $kind, parking: $park, $parallelism boot at a time, $how', (shape) => {
  const least = shape.kind === 'replace' ? WORKERS - 2 : WORKERS - 1;
  let crashes = 0;
  for (let slot = 0; slot < WORKERS; slot++) {
    for (let at = 1; at <= MOMENTS; at++) {
      const seen = play(shape, slot, at);
      if (!seen.crashed) break;
      crashes++;
      expect({ slot, at, enough: seen.least >= least, least: seen.least }).toMatchObject({ enough: true });
      expect(seen.scene.ready()).toHaveLength(WORKERS);
    }
  }
  // The crash has hit many different moments.
  expect(crashes).toBeGreaterThan(20);
});
