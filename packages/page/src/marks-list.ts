/** The list of what has happened, the newest first: each entry is a button that opens its report. */
import type { Mark } from '@tshorn/master';
import { byId, el, setClass, setText } from './dom.ts';
import { clock } from './format.ts';
import { KINDS, LETTERS } from './mark-lines.ts';

interface Entry {
  readonly item: HTMLLIElement;
  readonly flag: HTMLElement;
  readonly kind: HTMLElement;
  readonly time: HTMLTimeElement;
  readonly text: HTMLElement;
}

export class MarksList {
  readonly #list = byId('marks');
  readonly #entries = new Map<string, Entry>();
  readonly #open: (id: string) => void;

  constructor(open: (id: string) => void) {
    this.#open = open;
  }

  /** @param marks the oldest first */
  show(marks: readonly Mark[]): void {
    for (const mark of marks) this.#fill(this.#entries.get(mark.id) ?? this.#add(mark), mark);
    const known = new Set(marks.map(({ id }) => id));
    for (const [id, { item }] of this.#entries) {
      if (known.has(id)) continue;
      item.remove();
      this.#entries.delete(id);
    }
    byId('no-marks').hidden = marks.length > 0;
    setText(byId('events-note'), marks.length > 0 ? `${marks.length}` : '');
  }

  #add({ id, kind }: Mark): Entry {
    const flag = el('i', '', LETTERS[kind] ?? '?');
    flag.ariaHidden = 'true';
    const entry = { item: el('li'), flag, kind: el('b'), time: el('time'), text: el('span') };
    const button = el('button', '', flag, entry.kind, entry.time, entry.text);
    button.type = 'button';
    button.addEventListener('click', () => this.#open(id));
    entry.item.append(button);
    this.#list.prepend(entry.item);
    this.#entries.set(id, entry);
    return entry;
  }

  #fill({ item, flag, kind, time, text }: Entry, mark: Mark): void {
    setClass(flag, `flag ${mark.result}`);
    item.dataset.kind = mark.kind;
    setText(kind, headingOf(mark));
    setText(time, clock(mark.at));
    time.dateTime = new Date(mark.at).toISOString();
    setText(text, mark.title);
  }
}

/** `Crash of worker 2`, `Reload to generation 4, under way`. */
export function headingOf({ kind, worker, generation, until }: Mark): string {
  const name = KINDS[kind] ?? kind;
  const goesOn = until === undefined ? ', under way' : '';
  if (kind === 'reload') return `${name} to generation ${generation ?? '?'}${goesOn}`;
  return worker === undefined ? `${name}${goesOn}` : `${name} of worker ${worker}`;
}
