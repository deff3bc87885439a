import { noCounts, SAMPLE_EVERY_MS, type Sample } from '@tshorn/core';
import { type CanaryVerdict, CanaryWatch } from './watch.ts';

const sample = (requests: number, serverErrors = 0): Sample => ({
  requests,
  serverErrors,
  handlerErrors: 0,
  uncaught: 0,
  latency: noCounts(),
  waiting: noCounts(),
});

const CANARY = 9;

function scene(requests = 0) {
  const verdicts: CanaryVerdict[] = [];
  const sent: string[] = [];
  const old = [1, 2];
  const watch = new CanaryWatch({
    canary: [CANARY],
    baseline: () => old,
    settings: { timeMs: 10_000, requests },
    send: (serial, on) => sent.push(`${serial} ${on ? 'on' : 'off'}`),
    onVerdict: (verdict) => verdicts.push(verdict),
    now: Date.now,
  });
  return { watch, verdicts, sent, old };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** All of them send a sample every 250 ms, so none is silent. */
function goOn(watch: CanaryWatch, ms: number, serials = [1, 2, CANARY], requests = 20): void {
  for (let at = 0; at < ms; at += SAMPLE_EVERY_MS) {
    jest.advanceTimersByTime(SAMPLE_EVERY_MS);
    for (const serial of serials) watch.sample(serial, sample(requests));
  }
}

describe('CanaryWatch', () => {
  it('turns the samples on, passes a good canary when the time is over, and turns them off', () => {
    const { watch, verdicts, sent } = scene();
    expect(sent).toEqual(['9 on', '1 on', '2 on']);
    goOn(watch, 9_750);
    expect(verdicts).toEqual([]);
    goOn(watch, 500);
    expect(verdicts).toMatchObject([{ verdict: 'pass', figures: { baseline: { workers: 2 } } }]);
    expect(sent.slice(3)).toEqual(['9 off', '1 off', '2 off']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails a bad canary at once', () => {
    const { watch, verdicts } = scene();
    goOn(watch, 1_000);
    watch.sample(CANARY, sample(10, 10));
    expect(verdicts).toMatchObject([{ verdict: 'fail' }]);
    expect(verdicts[0]?.reason).toMatch(/^10 of 90 requests failed/);
  });

  it('fails nothing when the old workers fail as well', () => {
    const { watch, verdicts } = scene();
    goOn(watch, 1_000);
    for (const serial of [1, 2, CANARY]) watch.sample(serial, sample(10, 10));
    expect(verdicts).toEqual([]);
    watch.stop();
  });

  it('fails a canary that crashes, and continues without an old worker that is gone', () => {
    const { watch, verdicts, old } = scene();
    old.push(3);
    jest.advanceTimersByTime(SAMPLE_EVERY_MS);
    watch.exited(1);
    old.shift();
    goOn(watch, 1_000, [2, 3, CANARY]);
    expect(verdicts).toEqual([]);
    watch.exited(CANARY);
    expect(verdicts).toMatchObject([{ verdict: 'fail', reason: 'it crashed; 1 of 3 old workers crashed' }]);
  });

  it('goes on without any old worker', () => {
    const { watch, verdicts, old } = scene();
    goOn(watch, 1_000);
    for (const serial of old.splice(0)) watch.exited(serial);
    goOn(watch, 9_250, [CANARY]);
    expect(verdicts).toMatchObject([{ verdict: 'pass' }]);
  });

  it('watches an old worker that comes later, and ignores strangers', () => {
    const { watch, sent, old } = scene();
    old.push(3);
    watch.sample(77, sample(10, 10));
    jest.advanceTimersByTime(SAMPLE_EVERY_MS);
    expect(sent.at(-1)).toBe('3 on');
    watch.stop();
  });

  it('fails a canary whose event loop is blocked', () => {
    const { watch, verdicts } = scene();
    goOn(watch, 5_250, [1, 2]);
    expect(verdicts[0]?.reason).toBe('its event loop has been blocked for 5 s');
  });

  it('is inconclusive without traffic, and passes early by the number of requests', () => {
    const idle = scene();
    goOn(idle.watch, 10_250, [1, 2, CANARY], 0);
    expect(idle.verdicts).toMatchObject([{ verdict: 'inconclusive', reason: 'only 0 requests' }]);
    const counted = scene(40);
    goOn(counted.watch, 500);
    expect(counted.verdicts).toMatchObject([{ verdict: 'pass', figures: { elapsedMs: 500 } }]);
  });

  it('reports nothing after stop()', () => {
    const { watch, verdicts } = scene();
    watch.stop();
    goOn(watch, 20_000);
    expect(verdicts).toEqual([]);
  });
});
