import type { Frame } from './frames.ts';
import { save } from './rescue.ts';
import type { Session } from './session.ts';
import type { Findings } from './wording.ts';

const SPINS: readonly Frame[] = [{ function: 'spins', file: '/srv/a.js', line: 1, column: 1 }];
const STANDS: Findings = { inspection: { stack: SPINS, rss: 1 } };
const soon = () => performance.now() + 5_000;
const silent = { turned: () => false, takesRescued: () => true, crashed: new AbortController().signal };

/** A process that stands still in `spins`; `told` is what its debugger was told. */
class Scene {
  frames: readonly Frame[] | undefined = SPINS;
  readonly told: string[] = [];
  /** The code ends when it may run on. */
  endsByItself = false;
  #ended = false;
  batches: object[] = [];

  get session(): Session {
    return this as unknown as Session;
  }

  evaluate(expression: string): Promise<unknown> {
    if (expression.includes('tshorn.rescue')) {
      this.told.push('hand out');
      return Promise.resolve(this.batches.shift());
    }
    if (expression.includes('tshorn.stuck')) return Promise.resolve(true);
    return Promise.resolve(this.endsByItself || this.#ended);
  }

  resume({ terminateOnResume }: { terminateOnResume?: true } = {}): void {
    this.frames = undefined;
    this.#ended = terminateOnResume === true;
    if (terminateOnResume) this.told.push('end');
  }

  pause(): Promise<readonly Frame[] | undefined> {
    if (!this.endsByItself) this.frames = SPINS;
    return Promise.resolve(this.frames);
  }
}

test('connections are taken out, in as many batches as it takes, before the code is ended', async () => {
  const scene = new Scene();
  scene.batches = [
    { sent: 300, left: 100, openRequests: 12 },
    { sent: 100, left: 0, openRequests: 12 },
  ];
  expect(await save(scene.session, STANDS, soon(), silent)).toEqual({
    outcome: 'interrupted',
    rescued: 400,
    left: 12,
  });
  expect(scene.told).toEqual(['hand out', 'hand out', 'end']);
});

test('a worker that can hand out nothing is interrupted all the same', async () => {
  const scene = new Scene();
  expect(await save(scene.session, STANDS, soon(), silent)).toEqual({ outcome: 'interrupted', rescued: 0 });
});

test('where no worker takes connections none is taken out, and the code is ended', async () => {
  const scene = new Scene();
  scene.batches = [{ sent: 300, left: 0, openRequests: 12 }];
  const result = await save(scene.session, STANDS, soon(), { ...silent, takesRescued: () => false });
  expect(result).toEqual({ outcome: 'interrupted', rescued: 0 });
  expect(scene.told).toEqual(['end']);
});

test('an app that answers in the place of the worker tells no figures that are none', async () => {
  for (const sent of [-1, 1e300, '5', 0.5]) {
    const scene = new Scene();
    scene.batches = [{ sent, left: 0, openRequests: 1 }];
    expect(await save(scene.session, STANDS, soon(), silent)).toEqual({ outcome: 'interrupted', rescued: 0 });
  }
});

test('code that ends by itself at the last moment is not ended', async () => {
  const scene = new Scene();
  scene.endsByItself = true;
  expect(await save(scene.session, STANDS, soon(), silent)).toEqual({ outcome: 'turning', rescued: 0 });
  expect(scene.told).toEqual([]);
});

test('a worker whose loop is idle, or that has given a heartbeat meanwhile, turns by itself', async () => {
  const turning = { outcome: 'turning', rescued: 0 };
  const idle: Findings = { inspection: { stack: [], rss: 1 } };
  expect(await save(new Scene().session, idle, soon(), silent)).toEqual(turning);
  expect(await save(new Scene().session, STANDS, soon(), { ...silent, turned: () => true })).toEqual(turning);
  expect(
    await save(undefined, { silentBecause: 'no-answer' }, soon(), { ...silent, turned: () => true }),
  ).toEqual(turning);
});

test('a debugger that answers is no proof that the loop turns: what stands still at the next look is ended', async () => {
  const scene = new Scene();
  scene.batches = [{ sent: 3, left: 0, openRequests: 0 }];
  let looks = 0;
  scene.pause = () => {
    // Between two promise callbacks nothing of the app is on the stack.
    if (looks++ > 0) scene.frames = SPINS;
    return Promise.resolve(scene.frames ?? []);
  };
  const result = await save(scene.session, STANDS, soon(), silent);
  expect(result).toEqual({ outcome: 'interrupted', rescued: 3, left: 0 });
});

test('a worker that crashes meanwhile runs again: nothing is taken out of it, and nothing ended', async () => {
  const crashed = new AbortController();
  const scene = new Scene();
  scene.pause = () => {
    crashed.abort();
    return Promise.resolve(undefined);
  };
  Object.defineProperty(scene, 'isClosed', { get: () => crashed.signal.aborted });
  const meanwhile = { ...silent, crashed: crashed.signal, turned: () => crashed.signal.aborted };
  expect(await save(scene.session, STANDS, soon(), meanwhile)).toEqual({ outcome: 'turning', rescued: 0 });
  expect(scene.told).toEqual([]);
});

const kernel = (state: string) => ({ state, cpuMs: 0, children: [] });

test.each<[string, Findings]>([
  ['native code: its debugger did not answer', { silentBecause: 'no-answer', kernel: kernel('S') }],
  ['a signal has stopped it', { silentBecause: 'no-answer', kernel: kernel('T') }],
  ['a debugger has stopped it', { silentBecause: 'no-answer', kernel: kernel('t') }],
  ['it waits in the kernel', { silentBecause: 'no-answer', kernel: kernel('D') }],
  ['--disable-sigusr1 keeps its debugger from opening', { silentBecause: 'disable-sigusr1' }],
])('why nothing can be saved: %s', async (why, findings) => {
  expect(await save(undefined, findings, soon(), silent)).toEqual({ outcome: 'stuck', rescued: 0, why });
});
