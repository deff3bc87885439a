/** A crash or a hang of one worker. containment-plans.test.ts has those in an operation, ../containment-text.test.ts the line at the end. */
import type { Effect } from './events.ts';
import { Scene } from './testing/scene.ts';

type Drain = Extract<Effect, { do: 'drain' }>;

const start = (...given: ConstructorParameters<typeof Scene>) => new Scene(...given).started().forget();
const stateOf = (scene: Scene, serial: number) => scene.state.workers[serial]?.state;
const drainsOf = (scene: Scene, serial: number) =>
  scene.effects.filter((effect): effect is Drain => effect.do === 'drain' && effect.serial === serial);
const kills = (scene: Scene) => scene.effects.filter((effect) => effect.do === 'kill');
const levels = (scene: Scene, event: 'crashed' | 'exited' | 'drained') =>
  scene.reported(event).map(({ level }) => level);

describe('a crash', () => {
  test('costs no other request: the worker drains within its grace while its replacement boots', () => {
    const scene = start({ workers: 2 }).crash(2);
    expect(drainsOf(scene, 2)).toEqual([
      {
        do: 'drain',
        serial: 2,
        mode: 'graceful',
        deadlineMs: 5_000,
        handoff: true,
        park: false,
        failing: 'crash',
      },
    ]);
    expect(scene.spawns).toMatchObject([{ serial: 3, slot: 1 }]);
    expect(stateOf(scene, 2)).toBe('failing');
    scene.boot(3);
    expect(scene.ready()).toHaveLength(2);
    scene.drained(2).exit(2, 1).settle();
    expect(scene.spawns).toHaveLength(1);
    expect(kills(scene)).toEqual([]);
    // The exit is what the crash has led to: no second failure.
    expect(levels(scene, 'crashed')).toEqual(['error']);
    expect(levels(scene, 'drained')).toEqual(['debug']);
    expect(levels(scene, 'exited')).toEqual(['info']);
    expect(scene.state.slots[1]?.failures).toBe(1);
  });

  test('is told at once, with the reason', () => {
    const scene = start({ workers: 1 });
    scene.at = 12_300;
    expect(scene.crash(1).reported('crashed')[0]?.text).toBe('uncaught Error: boom, after 12.3s of service');
  });

  test('of the only worker moves its connections to the replacement that is yet to come', () => {
    expect(drainsOf(start({ workers: 1 }).crash(1), 1)).toMatchObject([{ handoff: true }]);
    expect(drainsOf(start({ workers: 1, handoff: false }).crash(1), 1)).toMatchObject([{ handoff: false }]);
  });

  test('again and again backs off, and is counted at the crash, not at the exit', () => {
    const scene = start({ workers: 1 }).crash(1).boot(2).crash(2);
    expect(scene.timers.get('respawn:0')).toBe(100);
    scene.drained(1).exit(1, 1).drained(2).exit(2, 1);
    expect(scene.state.slots[0]?.failures).toBe(2);
    expect(scene.spawns).toHaveLength(1);
  });

  test('before the worker accepts is contained too', () => {
    const scene = new Scene({ workers: 1 });
    scene.happen({ type: 'worker-spawned', serial: 1, pid: 1 });
    scene.happen({ type: 'worker-loaded', serial: 1, kind: 'handler' });
    scene.happen({ type: 'worker-probed', serial: 1, report: { verdict: 'ok', tookMs: 1 } }).crash(1);
    expect(stateOf(scene, 1)).toBe('failing');
    expect(scene.timers.has('boot:1')).toBe(false);
    scene.happen({ type: 'worker-accepting', serial: 1 });
    expect(stateOf(scene, 1)).toBe('failing');
  });

  test.each(['spawned', 'loaded'] as const)(
    'of a worker that is only %s is a forgery, and changes nothing',
    (at) => {
      const scene = new Scene({ workers: 1 }).happen({ type: 'worker-spawned', serial: 1, pid: 1 });
      if (at === 'loaded') scene.happen({ type: 'worker-loaded', serial: 1, kind: 'handler' });
      const before = stateOf(scene.forget(), 1);
      scene.crash(1);
      expect([stateOf(scene, 1), scene.effects, scene.notices]).toEqual([before, [], []]);
    },
  );

  test('of a worker that has been killed, or has crashed already, changes nothing', () => {
    const scene = start({ workers: 2 }).crash(1).forget();
    expect(scene.crash(1).effects).toEqual([]);
    scene.happen({ type: 'stop-requested', mode: 'now', by: 'x' }).forget();
    expect(scene.crash(2).effects).toEqual([]);
  });

  test('during a drain gives no more time than the drain had', () => {
    const scene = start({ workers: 2, crashGrace: 5_000, grace: 30_000 });
    scene.happen({ type: 'stop-requested', mode: 'graceful', by: 'x' });
    scene.at = 28_000;
    expect(drainsOf(scene.forget().crash(1), 1)).toMatchObject([{ deadlineMs: 2_000, failing: 'crash' }]);
    expect(scene.spawns).toEqual([]);
    scene.exit(1, 1).exit(2);
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
  });

  test('of a parked worker is replaced in a rollback by a new one', () => {
    const scene = start({ workers: 1 }).reload().prepared().boot(2).drained(1);
    expect(stateOf(scene, 1)).toBe('parked');
    scene.crash(1).forget().crash(2);
    expect(scene.spawns).toMatchObject([{ slot: 0, generation: 1 }]);
    scene.settle();
    expect(scene.ready()).toMatchObject([{ generation: 1 }]);
  });

  test('is killed when it is still there after its grace', () => {
    const scene = start({ workers: 1 }).crash(1).expire('drain:1');
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 1, reason: 'never-left' }]);
    expect(scene.reported('killed')[0]?.text).toContain('--crash-grace');
  });
});

describe('a hang', () => {
  test('fills the slot at once, while what the worker has is saved', () => {
    const scene = start({ workers: 2 });
    scene.at = 60_000;
    scene.hang(2);
    expect(scene.effects).toContainEqual({ do: 'rescue', serial: 2 });
    expect(scene.spawns).toMatchObject([{ serial: 3, slot: 1 }]);
    expect([stateOf(scene, 2), kills(scene)]).toEqual(['hung', []]);
    expect(scene.reported('rescuing')).toMatchObject([{ level: 'warn' }]);
    scene.boot(3);
    expect(scene.ready()).toHaveLength(2);
  });

  test.each(['interrupted', 'turning'] as const)(
    'that ends (%s) lets the worker finish its other requests',
    (outcome) => {
      const scene = start({ workers: 2 }).hang(2).rescued(2, { outcome });
      expect(stateOf(scene, 2)).toBe('failing');
      expect(drainsOf(scene, 2)).toMatchObject([{ deadlineMs: 5_000, handoff: true, failing: 'hang' }]);
      expect(scene.timers.has('rescue:2')).toBe(false);
      expect(kills(scene.drained(2).exit(2, 1))).toEqual([]);
    },
  );

  test('that does not end is killed, and needs no second explanation', () => {
    const scene = start({ workers: 2 }).hang(2).rescued(2, { outcome: 'stuck' });
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 2 }]);
    scene.exit(2, null, 'SIGKILL').settle();
    // Somebody who reads of a SIGKILL looks for who has sent it.
    expect(scene.reported('exited')).toMatchObject([{ text: 'killed by the master (SIGKILL)' }]);
    expect(scene.spawns).toHaveLength(1);
  });

  test('whose rescue does not answer is killed at its deadline; what comes later changes nothing', () => {
    const scene = start({ workers: 2 }).hang(2).expire('rescue:2');
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 2 }]);
    expect(scene.forget().rescued(2).effects).toEqual([]);
  });

  test('is killed with its explanation where nothing may be rescued', () => {
    const scene = start({ workers: 2, killsHung: '--on-hang kill' }).hang(2);
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 2, reason: 'hung' }]);
    expect(scene.reported('killed')).toHaveLength(1);
    expect(scene.forget().hang(2).effects).toEqual([]);
  });

  test('soon after the start backs off like a crash', () => {
    const scene = start({ workers: 1 }).hang(1).boot(2).hang(2);
    expect(scene.timers.get('respawn:0')).toBe(100);
  });

  test('of a worker that boots breaks it', () => {
    const scene = new Scene({ workers: 1 });
    scene.happen({ type: 'worker-spawned', serial: 1, pid: 1 });
    scene.happen({ type: 'worker-loaded', serial: 1, kind: 'handler' }).hang(1);
    expect(scene.reported('broken')).toHaveLength(1);
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 1, reason: 'hung' }]);
  });

  test('during a stop is rescued, within the time of the stop, and nobody takes its place', () => {
    const scene = start({ workers: 2, quickGrace: 500 });
    scene.happen({ type: 'stop-requested', mode: 'quick', by: 'x' }).forget();
    scene.at = 400;
    scene.hang(1);
    expect(scene.timers.get('rescue:1')).toBe(3_500);
    scene.at = 450;
    expect(drainsOf(scene.rescued(1), 1)).toMatchObject([{ deadlineMs: 50, handoff: false }]);
    expect(scene.spawns).toEqual([]);
    scene.exit(1, 1).exit(2);
    expect(scene.effects.at(-1)).toEqual({ do: 'finish', exitCode: 0 });
  });

  test('in the clean-up of the app, when nothing is left to save, is killed', () => {
    const scene = start({ workers: 2 }).happen({ type: 'stop-requested', mode: 'graceful', by: 'x' });
    scene.drained(1).hang(1);
    expect(kills(scene)).toEqual([{ do: 'kill', serial: 1, reason: 'hung' }]);
  });

  test('of a worker that has crashed is rescued within what is left of its grace', () => {
    const scene = start({ workers: 2 }).crash(1);
    scene.at = 3_000;
    scene.hang(1);
    expect([stateOf(scene, 1), scene.timers.has('drain:1')]).toEqual(['hung', false]);
    scene.at = 4_000;
    expect(drainsOf(scene.forget().rescued(1), 1)).toMatchObject([{ deadlineMs: 1_000 }]);
    expect(scene.state.slots[0]?.failures).toBe(1);
  });

  test('in which the worker throws is a hang that has ended', () => {
    const scene = start({ workers: 2 }).hang(1).crash(1);
    expect(stateOf(scene, 1)).toBe('failing');
    expect(scene.timers.has('rescue:1')).toBe(false);
    expect(drainsOf(scene.forget().rescued(1), 1)).toEqual([]);
    expect(scene.state.slots[0]?.failures).toBe(1);
  });

  test('whose process ends while it is being rescued is over', () => {
    const scene = start({ workers: 2 }).hang(1).exit(1, null, 'SIGSEGV');
    expect(levels(scene, 'exited')).toEqual(['warn']);
    expect(scene.timers.has('rescue:1')).toBe(false);
    expect(scene.rescued(1).state.workers[1]).toBeUndefined();
  });
});
