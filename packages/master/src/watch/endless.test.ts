import { Endless } from './endless.ts';

const FILES = ['/a/gen.js'];

/** The reloads of an app that changes its file at each start, which takes this long. Milliseconds of each, and of the warnings. */
function starts(count: number, bootMs: number) {
  const endless = new Endless();
  const reloads: number[] = [];
  const told: number[] = [];
  for (let at = 0; reloads.length < count; at += bootMs) {
    const hold = endless.changed(FILES, true, at);
    at += hold;
    if (hold > 0 && endless.released()) told.push(at);
    reloads.push(at);
  }
  return { reloads, told };
}

it('a file that changes at each start is told once, and its reloads come less and less often', () => {
  const { reloads, told } = starts(30, 200);
  expect(told).toHaveLength(1);
  expect(reloads.slice(0, 8)).toEqual([0, 200, 400, 600, 800, 2_000, 4_200, 8_400]);
  expect((reloads.at(-1) as number) - (reloads.at(-2) as number)).toBe(30_200);
});

it.each([
  ['10 saves a second', 100],
  ['a save a second, of an app that takes longer to start', 1_000],
])('%s are a person: no warning', (_, everyMs) => {
  const endless = new Endless();
  let due = Number.POSITIVE_INFINITY;
  for (let at = 0; at < 40 * everyMs; at += everyMs) {
    if (due < at) expect(endless.released()).toBe(false);
    const hold = endless.changed(FILES, true, at);
    due = hold > 0 ? at + hold : Number.POSITIVE_INFINITY;
  }
});

it('saves some of which come while a worker serves are not held back', () => {
  const endless = new Endless();
  for (let round = 0; round < 30; round++) {
    expect(endless.changed(FILES, round % 4 !== 0, round * 200)).toBe(0);
  }
});

it('neither are saves of one file after the other', () => {
  const endless = new Endless();
  for (let round = 0; round < 30; round++) {
    expect(endless.changed([`/a/${round % 2}.js`], true, round * 200)).toBe(0);
  }
});
