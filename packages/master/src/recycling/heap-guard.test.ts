import { MB, Stage } from './testing/stage.ts';

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

describe('a heap that fills up faster than a worker starts', () => {
  const guarded = { heapGuard: 92 };

  it('lets its worker leave at once while its recycle is under way, or a reload is', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded).pass(60_000).heap(1, 60);
    stage.isBusy = true;
    stage.heap(1, 61);
    expect(stage.leaving).toEqual([]);
    stage.heap(1, 62).heap(2, 60).heap(2, 62);
    expect(stage.leaving).toEqual([1, 2]);
  });

  it('is one that grows: an app that always needs so much stays', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded).pass(60_000).heap(2, 60);
    stage.heap(1, 63).heap(1, 63).heap(1, 62);
    expect(stage.leaving).toEqual([]);
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
      {
        serial: 2,
        by: expect.stringMatching(/^--heap-guard 92% \(control group 480 MB of 512 MB, 93%; it holds 220 MB/),
      },
    ]);
    stage.gone(2).pass(1_000);
    expect(stage.asked.map(({ serial }) => serial)).toEqual([2, 1]);
    stage.group = { ...near, used: 300 * MB };
    stage.gone(1).pass(60_000);
    expect(stage.asked).toHaveLength(2);
  });

  it('lets a worker leave before its replacement starts where both have no room', () => {
    const stage = new Stage().born(1, guarded).pass(60_000);
    stage.group = near;
    stage.heartbeat(1, 0, 220).pass(1_000);
    expect(stage.asked[0]).toMatchObject({
      drainFirst: true,
      by: expect.stringMatching(/it holds 220 MB, and leaves first, as a new one has no room beside it\)$/),
    });
    const roomy = new Stage().born(1, guarded).pass(60_000);
    roomy.group = { used: 1900 * MB, limit: 2048 * MB };
    roomy.heartbeat(1, 0, 220).pass(1_000);
    expect(roomy.asked[0]?.drainFirst).toBeUndefined();
  });

  it('lets that worker leave at once when it fills up while the replacement starts', () => {
    const stage = new Stage().born(1, guarded).born(2, guarded).pass(60_000);
    stage.group = { used: 1900 * MB, limit: 2048 * MB };
    stage.heartbeat(1, 0, 220).pass(1_000);
    stage.isBusy = true;
    expect(stage.pass(2_000).leaving).toEqual([]);
    stage.group = { used: 1980 * MB, limit: 2048 * MB };
    expect(stage.pass(1_000).leaving).toEqual([1]);
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
