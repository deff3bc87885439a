import { OomKills } from './oom-kills.ts';

it('names one worker for each kill, also when two are told of at once', () => {
  let count = 3;
  const kills = new OomKills(() => count);
  expect(kills.claim(0)).toBe(false);
  count = 5;
  expect([kills.claim(10), kills.claim(11), kills.claim(12)]).toEqual([true, true, false]);
});

it('does not blame a later end on a kill that was of something else', () => {
  let count = 0;
  const kills = new OomKills(() => count);
  count = 2;
  expect(kills.claim(10)).toBe(true);
  expect(kills.claim(60_000)).toBe(false);
});

it('claims nothing where nobody counts', () => {
  expect(new OomKills(() => undefined).claim(0)).toBe(false);
});
