import type { GroupMemory } from '@tshorn/core';
import type { Operation } from '../decide/model.ts';
import type { Vital } from '../vitals.ts';
import { allDue } from './due.ts';
import { drawLimits, type LimitOptions } from './limits.ts';
import { Recycler } from './recycler.ts';

const MB = 1024 ** 2;
const off: LimitOptions = {
  maxRequests: 0,
  maxRequestsJitter: undefined,
  maxMemory: undefined,
  maxAge: 0,
  maxAgeJitter: undefined,
  heapGuard: 0,
};
const limitsOf = (options: Partial<LimitOptions>, chance = 0) =>
  drawLimits(
    { ...off, ...options },
    () => 1000 * MB,
    () => chance,
  );

describe('limits', () => {
  it('are none by default', () => expect(limitsOf({})).toEqual({ maxRequests: 0, heapGuard: 0 }));

  it('are drawn from max to max and jitter, the ends included', () => {
    const drawn = (chance: number) => limitsOf({ maxRequests: 100, maxRequestsJitter: 20 }, chance).requests;
    expect([drawn(0), drawn(0.5), drawn(0.999)]).toEqual([100, 110, 120]);
  });

  it('have a jitter of a tenth, unless somebody says another one', () => {
    expect(limitsOf({ maxRequests: 1000 }, 0.9999).requests).toBe(1100);
    expect(limitsOf({ maxAge: 60_000 }, 0.5).ageMs).toBe(63_000);
    expect(limitsOf({ maxAge: 60_000, maxAgeJitter: 0 }, 0.5).ageMs).toBe(60_000);
  });

  it('of memory may be a part of what is there', () => {
    expect(limitsOf({ maxMemory: { percent: 40 } }).memory).toEqual({
      bytes: 400 * MB,
      asGiven: '40% of 1000 MB, 400 MB',
    });
  });
});

it('those due are in order of urgency, memory first, with the reason in words', () => {
  const limits = limitsOf({ maxRequests: 10, maxMemory: { bytes: 100 * MB }, maxAge: 60_000 });
  const candidate = (serial: number, requests: number, mb: number, ageMs: number) => ({
    serial,
    slot: serial,
    ageMs,
    vital: { requests, rss: mb * MB, loopDelayMs: 0 },
    limits,
    rssAtBirth: 0,
  });
  const due = allDue([
    candidate(0, 9, 100, 59_999),
    candidate(1, 0, 0, 60_000),
    candidate(2, 11, 0, 0),
    candidate(3, 30, 0, 0),
    candidate(4, 0, 101, 0),
  ]);
  expect(due.map(({ by }) => by)).toEqual([
    '--max-memory (100 MB; it holds 101 MB)',
    '--max-requests 10 (reached 30)',
    '--max-requests 10 (reached 11)',
    '--max-age (it is 60 s old)',
  ]);
});

/** Workers that one may set as one likes, and a master that does nothing by itself. */
class Stage {
  readonly vitals = new Map<number, Vital>();
  readonly asked: Extract<Operation, { kind: 'recycle' }>[] = [];
  readonly warned: string[] = [];
  free: number[] | undefined;
  group: GroupMemory | undefined;
  at = 0;
  readonly recycler = new Recycler({
    log: { warn: (_fields: unknown, text?: string) => void this.warned.push(String(text)) } as never,
    vitalOf: (serial) => this.vitals.get(serial),
    view: { recyclable: () => this.free ?? [...this.vitals.keys()] },
    request: (operation) => void this.asked.push(operation as never),
    memoryAvailable: () => 1000 * MB,
    groupMemory: () => this.group,
    chance: () => 0,
  });

  born(serial: number, options: Partial<LimitOptions>, slot = serial, generation = 1): this {
    this.recycler.born(serial, { slot, generation }, { ...off, ...options }, this.at);
    return this.heartbeat(serial, 0, 50);
  }

  heartbeat(serial: number, requests: number, mb: number): this {
    this.vitals.set(serial, { requests, rss: mb * MB, loopDelayMs: 0, at: this.at });
    return this;
  }

  /** A full collection leaves so much of a heap of 64 MB: the heartbeat comes at once. */
  heap(serial: number, mb: number): this {
    this.vitals.set(serial, {
      ...(this.vitals.get(serial) as Vital),
      heap: { used: mb * MB, limit: 64 * MB },
    });
    this.recycler.heartbeat(serial, this.at);
    return this;
  }

  pass(ms: number): this {
    for (const end = this.at + ms; this.at < end; ) {
      this.at += 1_000;
      for (const serial of this.vitals.keys()) this.recycler.heartbeat(serial, this.at);
    }
    return this;
  }

  gone(serial: number): this {
    this.vitals.delete(serial);
    this.recycler.gone(serial);
    return this;
  }
}

describe('the recycler', () => {
  it('asks for one at a time, and for the next one when that is gone', () => {
    const stage = new Stage().born(1, { maxRequests: 10 }).born(2, { maxRequests: 10 });
    stage.heartbeat(1, 12, 50).heartbeat(2, 13, 50).pass(1_000);
    stage.free = undefined;
    expect(stage.asked.map(({ serial }) => serial)).toEqual([2]);
    stage.gone(2).pass(1_000);
    expect(stage.asked.map(({ serial }) => serial)).toEqual([2, 1]);
    expect(stage.asked.every(({ mayWait }) => mayWait)).toBe(true);
  });

  it('asks for nobody while no recycle may begin', () => {
    const stage = new Stage().born(1, { maxRequests: 10 }).heartbeat(1, 12, 50);
    stage.recycler.heartbeat(1, 0);
    stage.asked.length = 0;
    const busy = Object.assign(stage, { free: [] as number[] });
    busy.pass(60_000);
    expect(stage.asked).toEqual([]);
  });

  it('tries again with growing pauses when the worker is still there, and says so', () => {
    const stage = new Stage().born(1, { maxRequests: 10 }).heartbeat(1, 12, 50).pass(600_000);
    expect(stage.asked.length).toBeGreaterThan(4);
    expect(stage.asked.length).toBeLessThan(9);
    expect(stage.warned[0]).toMatch(/worker=1 stays in service.*next attempt in 10 s/);
    expect(stage.warned[3]).toMatch(/next attempt in 80 s/);
  });

  it('a new release begins without a pause', () => {
    const stage = new Stage().born(1, { maxRequests: 10 }).heartbeat(1, 12, 50).pass(200_000);
    const before = stage.asked.length;
    stage.gone(1).born(2, { maxRequests: 10 }, 1, 2).heartbeat(2, 12, 50).pass(2_000);
    expect(stage.asked.length).toBe(before + 1);
  });

  it('a limit that a fresh worker exceeds leads to few recycles, and a warning that names the option', () => {
    const stage = new Stage();
    let serial = 1;
    const birth = () => stage.born(serial, { maxMemory: { bytes: 100 * MB } }, 0).heartbeat(serial, 0, 130);
    birth();
    for (const end = 3_600_000; stage.at < end; ) {
      const before = stage.asked.length;
      stage.pass(1_000);
      if (stage.asked.length === before) continue;
      stage.gone(serial++);
      birth();
    }
    expect(stage.asked.length).toBeGreaterThan(4);
    expect(stage.asked.length).toBeLessThan(14);
    expect(stage.warned.length).toBeLessThan(14);
    expect(stage.warned[0]).toMatch(/holds 130 MB .*more than --max-memory \(100 MB\).*raise --max-memory/);
  });

  it('a leak that takes its time is recycled as often as it comes, without a warning', () => {
    const stage = new Stage();
    for (let serial = 1; serial <= 20; serial++) {
      stage.born(serial, { maxMemory: { bytes: 100 * MB } }, 0).pass(30_000);
      stage.heartbeat(serial, 0, 130).pass(1_000);
      expect(stage.asked).toHaveLength(serial);
      stage.gone(serial);
    }
    expect(stage.warned).toEqual([]);
  });
});

describe('the heap guard', () => {
  const guarded = { heapGuard: 92 };

  it('recycles a worker at once when its heap stays above the guard, told with figures', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded).pass(60_000);
    stage.heap(1, 60);
    expect(stage.asked).toMatchObject([
      { serial: 1, by: '--heap-guard 92% (heap 60 MB of 64 MB after a full collection, 93%)' },
    ]);
  });

  it('goes before a reload that comes, which other limits wait for', () => {
    const stage = new Stage().born(1, guarded).pass(60_000).heap(1, 60);
    expect(stage.asked[0]?.mayWait).toBeUndefined();
  });

  it('asks only once, however many collections are told of before the recycle begins', () => {
    const stage = new Stage().born(1, guarded).pass(60_000).heap(1, 60).heap(1, 61).heap(1, 62);
    expect(stage.asked).toHaveLength(1);
    expect(stage.warned).toEqual([]);
  });

  it('off: the heap is no reason', () => {
    const stage = new Stage()
      .born(1, { ...guarded, heapGuard: 0 })
      .pass(60_000)
      .heap(1, 63)
      .pass(60_000);
    expect(stage.asked).toEqual([]);
  });

  it('an app that always needs so much leads to few recycles, and a warning that names the option', () => {
    const stage = new Stage();
    for (let serial = 1; stage.at < 3_600_000; ) {
      const before = stage.asked.length;
      stage.born(serial, guarded, 0).heap(serial, 60);
      while (stage.asked.length === before && stage.at < 3_600_000) stage.pass(1_000);
      stage.gone(serial++);
    }
    expect(stage.asked.length).toBeGreaterThan(4);
    expect(stage.asked.length).toBeLessThan(14);
    expect(stage.warned[0]).toMatch(
      /reached --heap-guard 92% \(heap 60 MB of 64 MB.*before it is 15 s old.*raise --max-old-space-size/,
    );
  });

  it('a fast leak is recycled each time, however young the worker is', () => {
    const stage = new Stage();
    for (let serial = 1; serial <= 20; serial++) {
      stage.born(serial, guarded, 0).pass(5_000).heap(serial, 59).heap(serial, 60).heap(serial, 61);
      stage.gone(serial);
    }
    stage.pass(1_000);
    expect(stage.asked).toHaveLength(20);
  });
});

describe('a control group near its limit', () => {
  const guarded = { heapGuard: 92 };
  const near = { used: 480 * MB, limit: 512 * MB };

  it('costs the largest worker, one at a time, told with figures', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded).born(3, guarded).pass(60_000);
    stage.group = near;
    stage.heartbeat(1, 0, 120).heartbeat(2, 0, 220).heartbeat(3, 0, 90).pass(1_000);
    expect(stage.asked).toMatchObject([
      { serial: 2, by: '--heap-guard 92% (control group 480 MB of 512 MB, 93%; it holds 220 MB)' },
    ]);
    stage.gone(2).pass(1_000);
    expect(stage.asked.map(({ serial }) => serial)).toEqual([2, 1]);
    stage.group = { ...near, used: 300 * MB };
    stage.gone(1).pass(60_000);
    expect(stage.asked).toHaveLength(2);
  });

  it('is warned of where no worker has grown, since no recycle helps', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded);
    stage.group = near;
    stage.pass(600_000);
    expect(stage.asked).toEqual([]);
    expect(stage.warned).toHaveLength(1);
    expect(stage.warned[0]).toMatch(
      /control group 480 MB of 512 MB, 93% \(--heap-guard\): no worker has grown/,
    );
  });

  it('leads to few recycles where the next worker grows as much soon after its start', () => {
    const stage = new Stage();
    for (let serial = 1; stage.at < 3_600_000; ) {
      const before = stage.asked.length;
      stage.group = undefined;
      stage.born(serial, guarded, 0).pass(1_000).heartbeat(serial, 0, 400);
      stage.group = near;
      while (stage.asked.length === before && stage.at < 3_600_000) stage.pass(1_000);
      stage.gone(serial++);
    }
    expect(stage.asked.length).toBeLessThan(14);
    expect(stage.warned[0]).toMatch(/raise the limit of the control group/);
  });
});
