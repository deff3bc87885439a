import { allDue } from './due.ts';
import { drawLimits, type LimitOptions } from './limits.ts';
import { MB, off, Stage } from './testing/stage.ts';

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
    needs: 0,
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

  it('asks for a worker at rest when it is old enough', () => {
    const stage = new Stage().born(1, { maxAge: 60_000 }).born(2, { maxAge: 60_000 });
    expect(stage.rest(59_000).asked).toEqual([]);
    expect(stage.rest(2_000).asked).toMatchObject([{ serial: 1, by: expect.stringContaining('--max-age') }]);
    // The next one does not wait as long.
    expect(stage.gone(1).rest(2_000).asked).toMatchObject([{ serial: 1 }, { serial: 2 }]);
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
