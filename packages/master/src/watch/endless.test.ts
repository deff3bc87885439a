import { Endless } from './endless.ts';

const rounds = (count: number, isBooting: (round: number) => boolean, files = ['/a/gen.js']) => {
  const endless = new Endless();
  return Array.from({ length: count }, (_, round) => endless.changed(files, isBooting(round)));
};

it('a file that changes at each start is told, once', () =>
  expect(rounds(30, () => true).filter(Boolean)).toHaveLength(1));

it('saves of a person are not: some of them come while a worker serves', () =>
  expect(rounds(30, (round) => round % 9 !== 0)).not.toContain(true));

it('neither are saves of one file after the other', () => {
  const endless = new Endless();
  for (let round = 0; round < 30; round++) expect(endless.changed([`/a/${round % 2}.js`], true)).toBe(false);
});
