import type { Frame } from './frames.ts';
import { interrupt } from './interrupt.ts';
import type { Session } from './session.ts';

const frame = (name: string, file = '/srv/a.js'): Frame => ({ function: name, file, line: 1, column: 1 });
const SPINS = [frame('spins')];
const IN_HOOK = [frame('init'), frame('promiseInitHook', 'node:internal/async_hooks')];

/** A process whose debugger answers as the scene says; `told` is what it was told. */
class Scene {
  frames: readonly Frame[] | undefined = SPINS;
  readonly told: string[] = [];
  prepared: unknown = true;
  /** How often the code that follows is stuck too. */
  stuckAgain = 0;
  /** Where it stands after a step out. */
  steps: (readonly Frame[])[] = [];

  get session(): Session {
    return this as unknown as Session;
  }

  evaluate(expression: string): Promise<unknown> {
    const asks = expression.includes('setImmediate') ? 'turns?' : 'prepare';
    this.told.push(asks);
    return Promise.resolve(
      asks === 'prepare' ? this.prepared : this.stuckAgain <= 0 && this.frames === undefined,
    );
  }

  resume({ terminateOnResume }: { terminateOnResume?: true } = {}): void {
    this.told.push(terminateOnResume ? 'end' : 'resume');
    this.frames = undefined;
  }

  pause(): Promise<readonly Frame[] | undefined> {
    this.told.push('pause');
    if (this.stuckAgain-- > 0) this.frames = SPINS;
    return Promise.resolve(this.frames);
  }

  evaluateIn(): Promise<unknown> {
    this.told.push('go on behind it');
    return Promise.resolve(this.prepared);
  }

  stepOut(): Promise<readonly Frame[] | undefined> {
    this.told.push('step out');
    this.frames = this.steps.shift();
    return Promise.resolve(this.frames);
  }
}

const SOON = () => performance.now() + 5_000;

test('the request is marked and the list is emptied before the code is ended', async () => {
  const scene = new Scene();
  expect(await interrupt(scene.session, SOON())).toBeUndefined();
  expect(scene.told).toEqual(['prepare', 'end', 'turns?']);
});

test('an immediate is ended when Node knows where to go on', async () => {
  const scene = new Scene();
  scene.frames = [...SPINS, frame('processImmediate', 'node:internal/timers')];
  expect(await interrupt(scene.session, SOON())).toBeUndefined();
  expect(scene.told).toEqual(['go on behind it', 'prepare', 'end', 'turns?']);
});

test('an immediate of an unknown Node is not ended', async () => {
  const scene = new Scene();
  scene.frames = [...SPINS, frame('processImmediate', 'node:internal/timers')];
  scene.prepared = false;
  expect(await interrupt(scene.session, SOON())).toContain('immediates');
  expect(scene.told).toEqual(['go on behind it']);
});

test('code that cannot be ended safely is not ended', async () => {
  const scene = new Scene();
  scene.prepared = 'the app captures exceptions';
  expect(await interrupt(scene.session, SOON())).toBe('the app captures exceptions');
  expect(scene.told).not.toContain('end');
});

test('a worker that gives no answer is not interrupted', async () => {
  const scene = new Scene();
  scene.prepared = undefined;
  expect(await interrupt(scene.session, SOON())).toBe('its debugger gave no answer');
  expect(scene.told).not.toContain('end');
});

test('code that is stuck behind the first is ended too', async () => {
  const scene = new Scene();
  scene.stuckAgain = 1;
  expect(await interrupt(scene.session, SOON())).toBeUndefined();
  expect(scene.told.filter((told) => told === 'end')).toHaveLength(2);
});

test('code that is stuck behind that, again and again, is given up', async () => {
  const scene = new Scene();
  scene.stuckAgain = 99;
  expect(await interrupt(scene.session, SOON())).toMatch(/^the code that followed was stuck too/);
});

test('a promise hook is left before the code is ended', async () => {
  const scene = new Scene();
  scene.frames = IN_HOOK;
  scene.steps = [IN_HOOK, SPINS];
  expect(await interrupt(scene.session, SOON())).toBeUndefined();
  expect(scene.told).toEqual(['step out', 'step out', 'prepare', 'end', 'turns?']);
});

test('a promise hook that does not end is not ended', async () => {
  const scene = new Scene();
  scene.frames = IN_HOOK;
  scene.steps = Array.from({ length: 99 }, () => IN_HOOK);
  expect(await interrupt(scene.session, SOON())).toMatch(/promise hook/);
  expect(scene.told).not.toContain('end');
});
