/** The report of a mark: the lines of the log that tell of it, with stack, requests and last words. */
import type { Mark, MarkLine } from '@tshorn/master';
import { byId, el, setClass, setText } from './dom.ts';
import { clock, ms, took } from './format.ts';
import { headingOf } from './marks-list.ts';

export class Report {
  readonly #dialog = byId<HTMLDialogElement>('report');
  readonly #title = el('h2');
  readonly #when = el('p', 'when');
  readonly #outcome = el('p');
  #id: string | undefined;

  constructor() {
    this.#title.id = 'report-title';
    const close = el('button', 'close', 'Close');
    close.type = 'button';
    close.addEventListener('click', () => this.#dialog.close());
    this.#dialog.append(el('header', '', this.#title, this.#when, this.#outcome, close), el('ol', 'lines'));
    this.#dialog.addEventListener('close', () => {
      this.#id = undefined;
    });
    // A click beside it closes it.
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** The mark that is open. */
  get id(): string | undefined {
    return this.#id;
  }

  open(mark: Mark): void {
    this.#id = mark.id;
    this.update(mark);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
  }

  /** Shows an open mark as it is now. The focus stays where it is: on the button that closes. */
  update(mark: Mark): void {
    const { at, until, title, result } = mark;
    const lasted = until === undefined ? '' : `, ${took(until - at)}`;
    setText(this.#title, headingOf(mark));
    setText(this.#when, `${new Date(at).toLocaleDateString()} ${clock(at)}${lasted}`);
    setText(this.#outcome, title);
    setClass(this.#outcome, `outcome ${result}`);
    this.#dialog.querySelector('.lines')?.replaceWith(linesOf(mark));
  }
}

function linesOf({ lines, leftOut }: Mark): HTMLElement {
  const list = el('ol', 'lines');
  const first = lines[0]?.time ?? 0;
  lines.forEach((line, n) => {
    if (leftOut > 0 && n === Math.floor(lines.length / 2)) {
      list.append(el('li', 'gap', `${leftOut} lines left out: the log has them`));
    }
    list.append(entryOf(line, first));
  });
  return list;
}

function entryOf(line: MarkLine, first: number): HTMLElement {
  const since = el('time', '', line.time === first ? clock(line.time) : `+${took(line.time - first)}`);
  const [head = '', ...details] = line.msg.split('\n');
  const item = el('li', line.level, since, el('p', '', head));
  const stack = framesOf(line.stack);
  if (stack.length > 0) item.append(section('Stack', stack));
  // The text of a hang repeats the stack and the requests.
  else if (details.length > 0)
    item.append(
      section(
        'Details',
        details.map((detail) => detail.replace(/^\s*\| ?/, '')),
      ),
    );
  const requests = requestsOf(line.requests);
  if (line.requests) item.append(section('Requests in flight', requests.length > 0 ? requests : ['none']));
  if (line.lastLines && line.lastLines.length > 0) {
    item.append(section('Last lines on standard error', line.lastLines));
  }
  return item;
}

function section(title: string, lines: readonly string[]): HTMLElement {
  const text = el('pre', '', lines.join('\n'));
  text.tabIndex = 0;
  text.ariaLabel = title;
  text.role = 'region';
  return el('div', 'part', el('h3', '', title), text);
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

function framesOf(stack: readonly unknown[] | undefined): string[] {
  return ((stack ?? []) as Record<string, unknown>[]).map(
    ({ function: name, file, line, column }) =>
      `at ${text(name) || '(anonymous)'} (${[file, line, column].map(text).join(':')})`,
  );
}

function requestsOf(requests: readonly unknown[] | undefined): string[] {
  return ((requests ?? []) as Record<string, unknown>[]).map(({ method, path, ageMs }) => {
    const age = typeof ageMs === 'number' ? ` (${ms(ageMs)})` : '';
    return `${text(method)} ${text(path)}${age}`;
  });
}
