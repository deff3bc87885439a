import type { Operation } from '../decide/model.ts';
import { scaling } from '../decide/queries.ts';
import { Scene } from '../decide/testing/scene.ts';
import type { Vital } from '../vitals.ts';
import { Scaler } from './scaler.ts';

class Stage {
  readonly scene = new Scene({ workers: 1, range: { min: 1, max: 4 } }).started();
  readonly told: string[] = [];
  readonly requests: Operation[] = [];
  busy = 0;
  at = 0;
  hasNeighbour = false;
  used = 0;
  readonly scaler = new Scaler({
    log: { info: (_fields: unknown, text: string) => void this.told.push(text), error: () => {} } as never,
    view: { scaling: () => scaling(this.scene.state) },
    vitalOf: () => this.#vital(),
    queued: () => 0,
    cpus: () => 8,
    machineCpus: () => 8,
    groupMemory: () => ({ used: this.used, limit: 1_000 }),
    freeMemory: () => 1_000_000,
    ownMemory: () => 80,
    hasNeighbour: () => this.hasNeighbour,
    request: (operation) => {
      this.requests.push(operation);
      this.scene.request(operation).settle();
    },
  });
  #active = 0;

  #vital(): Vital {
    const loop = { activeMs: this.#active, idleMs: this.at - this.#active, cpuMs: 0 };
    return { at: this.at, requests: 0, rss: 100, loopDelayMs: 0, loop };
  }

  seconds(count: number): this {
    for (let second = 0; second < count; second++) {
      this.at += 1_000;
      this.#active += 1_000 * this.busy;
      this.scaler.look(this.at);
    }
    return this;
  }
}

test('the ends of the range are told once, when it begins', () => {
  const { scaler, told } = new Stage();
  scaler.begin();
  scaler.begin();
  scaler.end();
  expect(told).toEqual([
    expect.stringMatching(/^the number of workers follows the load, from 1 to 4 \(CPUs: 8; /),
  ]);
});

test('a load is followed up and down, and status has its figures', () => {
  const stage = new Stage();
  stage.busy = 1;
  stage.seconds(30);
  expect(stage.scene.state.size).toBe(4);
  expect(stage.scaler.status).toMatchObject({ load: 4, held: 'the load asks for 8, and 4 is the most' });
  stage.busy = 0;
  stage.seconds(90);
  expect(stage.scene.state.size).toBe(1);
  expect(stage.scaler.status.held).toBeUndefined();
});

test('what holds the number is told once, and not at each look', () => {
  const stage = new Stage();
  stage.busy = 1;
  stage.used = 890;
  stage.seconds(30);
  expect(stage.requests).toEqual([]);
  expect(stage.told).toEqual(['scaling stays at 1: the memory has room for no further worker']);
});

test('beside another master nothing changes', () => {
  const stage = new Stage();
  stage.busy = 1;
  stage.hasNeighbour = true;
  stage.seconds(30);
  expect(stage.requests).toEqual([]);
  stage.hasNeighbour = false;
  stage.seconds(1);
  expect(stage.requests).toHaveLength(1);
});
