/** What a key does to the picture. Pure. */
import { COLUMNS, columnsFor } from './columns.ts';
import { type Picture, shown, sorted } from './picture.ts';
import { slotsOf } from './rows.ts';

/** A key as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  /** What it types. */
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

export type Act = 'quit' | 'interrupt' | 'suspend' | 'redraw';

const PAGE = 10;

/** @param width columns of the terminal: a column out of sight is not sorted by */
export function pressed(
  picture: Picture,
  { name, sequence = '', ctrl = false }: Key,
  width: number,
): Picture | Act {
  if (ctrl) {
    const acts: Record<string, Act> = { c: 'interrupt', z: 'suspend', l: 'redraw' };
    return acts[name ?? ''] ?? picture;
  }
  if (/^\d$/.test(sequence)) return choose(picture, Number(sequence));
  switch (name ?? sequence) {
    case 'q':
      return 'quit';
    case 'space':
      return paused(picture);
    case 'left':
    case 'h':
      return sortedBy(picture, -1, width);
    case 'right':
    case 'l':
      return sortedBy(picture, 1, width);
    case 'r':
      return { ...picture, isReversed: !picture.isReversed };
    case 'up':
    case 'k':
      return moved(picture, -1);
    case 'down':
    case 'j':
      return moved(picture, 1);
    case 'pageup':
      return moved(picture, -PAGE);
    case 'pagedown':
      return moved(picture, PAGE);
    case 'home':
      return moved(picture, Number.NEGATIVE_INFINITY);
    case 'end':
      return moved(picture, Number.POSITIVE_INFINITY);
    case 'escape':
    case 'return':
      return { ...picture, chosen: undefined, isHelp: false };
    case '?':
      return { ...picture, isHelp: !picture.isHelp };
    default:
      return picture;
  }
}

function paused({ paused: before, ...picture }: Picture): Picture {
  const { snapshot, rates, told } = picture;
  return before ? picture : { ...picture, paused: { snapshot, rates, told } };
}

function sortedBy(picture: Picture, step: 1 | -1, width: number): Picture {
  const keys = columnsFor(width).map(({ key }) => key);
  const at = Math.max(0, keys.indexOf(picture.sort));
  const sort = keys[(at + step + keys.length) % keys.length] ?? COLUMNS[0].key;
  return { ...picture, sort, isReversed: false };
}

function moved(picture: Picture, by: number): Picture {
  const slots = slotsOf(sorted(shown(picture)));
  const at = picture.chosen === undefined ? -1 : slots.indexOf(picture.chosen);
  // Without a choice, any key that moves begins at the top, but `end`.
  const next = at === -1 && Number.isFinite(by) ? 0 : at + by;
  return { ...picture, chosen: slots[Math.min(slots.length - 1, Math.max(0, next))] };
}

/** A second digit makes a number of two, where there is such a slot: 1 and 2 choose slot 12. */
function choose(picture: Picture, digit: number): Picture {
  const slots = slotsOf(sorted(shown(picture)));
  const both = (picture.chosen ?? 0) * 10 + digit;
  const chosen = [both, digit].find((slot) => slots.includes(slot));
  return chosen === undefined ? picture : { ...picture, chosen };
}
