/** `tshorn releases` as text. Pure. */
import type { ReleaseStatus } from '@tshorn/master';
import { type Colour, colourOfOutcome, formatAge } from '../style.ts';
import type { Surroundings } from './status-view.ts';
import { type Column, type Row, shorten, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'GEN', align: 'right' },
  { title: 'RELEASE' },
  { title: 'STATE' },
  { title: 'OUTCOME' },
  { title: 'ENDED', align: 'right' },
  { title: 'BY' },
];

/** The other columns, where the names of the requesters are short, take the rest of 80. */
const LONGEST_NAME = 22;

const COLOURS: Readonly<Record<ReleaseStatus['state'], Colour>> = {
  serves: 'green',
  previous: 'cyan',
  kept: 'cyan',
  gone: 'red',
  none: 'dim',
};

/** A second line has the reason of one that did not commit, or of one that is gone. */
export function releasesText(list: readonly ReleaseStatus[], around: Surroundings): string {
  if (list.length === 0) return 'no release has served yet';
  const name = ({ release = '-' }: ReleaseStatus) =>
    around.width === undefined ? release : shorten(release, LONGEST_NAME);
  const rows = list.map((entry): Row => {
    const { generation, state, outcome, at, by, reason, gone } = entry;
    return {
      cells: [
        { text: String(generation) },
        { text: name(entry) },
        { text: state === 'none' ? '-' : state, colour: COLOURS[state] },
        { text: outcome, colour: colourOfOutcome(outcome) },
        { text: `${formatAge(around.now - Date.parse(at))} ago` },
        { text: by },
      ],
      // `tshorn status` has all of it.
      more: (gone ?? reason)?.split('\n', 1)[0],
    };
  });
  const widest = Math.max('GEN'.length, ...list.map(({ generation }) => String(generation).length));
  return [table(COLUMNS, rows, around, { indent: widest + 2 }), hintOf(list, around)]
    .filter(Boolean)
    .join('\n\n');
}

/** The word by which `tshorn rollback` finds a release: its name, or its generation where several have that name. */
export function wordFor({ release, generation }: ReleaseStatus, list: readonly ReleaseStatus[]): string {
  const namesakes = list.filter((one) => one.state !== 'none' && one.release === release);
  return release === undefined || namesakes.length > 1 ? String(generation) : release;
}

/** The release that a rollback brings when it names none; undefined where there is none. */
export function previousIn(list: readonly ReleaseStatus[]): string | undefined {
  const previous = list.find(({ state }) => state === 'previous');
  if (!previous) return undefined;
  const { release, generation } = previous;
  if (release === undefined) return `generation ${generation}`;
  return wordFor(previous, list) === release ? release : `${release} of generation ${generation}`;
}

function hintOf(list: readonly ReleaseStatus[], { paint }: Surroundings): string {
  const previous = previousIn(list);
  const kept = list.find(({ state }) => state === 'kept');
  const lines = [
    previous && `tshorn rollback brings ${previous}`,
    kept && `tshorn rollback ${wordFor(kept, list)} brings that one`,
  ];
  const text = lines.filter(Boolean).join('; ');
  return text === '' ? '' : paint('dim', text);
}
