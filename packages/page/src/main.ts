/** The page: reads `/events`, and shows what it says. */
import type { HistoryMessage, Mark, Snapshot } from '@tshorn/master';
import { Charts } from './charts.ts';
import { byId, setClass, setText } from './dom.ts';
import { EventStream, type Link } from './event-stream.ts';
import { FiguresTable } from './figures-table.ts';
import { clock, span } from './format.ts';
import { headingOf, MarksList } from './marks-list.ts';
import { Overview } from './overview.ts';
import { Past } from './past.ts';
import { Range } from './range.ts';
import { Report } from './report.ts';
import { useTheme } from './theme.ts';
import { askForToken, knownToken } from './tokens.ts';
import { WorkersTable } from './workers.ts';

const past = new Past();
const overview = new Overview();
const table = new WorkersTable();
const report = new Report();
const open = (id: string) => {
  const mark = past.marks.find((one) => one.id === id);
  if (mark) report.open(mark);
};
const list = new MarksList(open);
const charts = new Charts(byId('charts'), past, open);
const figures = new FiguresTable(past, draw);
const range = new Range(draw);
/** Clock of the server minus the clock here: the charts have the server's. */
let clockOffset = 0;
let hasHistory = false;
let link: Link = 'connecting';

function draw(): void {
  const now = Date.now() + clockOffset;
  const rangeMs = range.follow(past.firstAt === undefined ? 0 : now - past.firstAt);
  charts.draw(now, rangeMs);
  figures.draw(now, rangeMs);
}

function onHistory(message: HistoryMessage): void {
  const changed = past.add(message);
  list.show(past.marks);
  if (hasHistory) changed.forEach(announceMark);
  hasHistory = true;
  const shown = changed.find(({ id }) => id === report.id);
  if (shown) report.update(shown);
  const { firstAt } = past;
  setText(
    byId('history-note'),
    firstAt === undefined ? 'begins now' : `since ${clock(firstAt, false)}, every ${span(past.stepMs)}`,
  );
  draw();
}

/** Once when it begins, and once when it has ended. */
const announced = new Map<string, boolean>();
function announceMark(mark: Mark): void {
  const ended = mark.until !== undefined;
  if (announced.get(mark.id) === ended) return;
  announced.set(mark.id, ended);
  announce(ended ? mark.title : headingOf(mark));
}

function announce(text: string): void {
  setText(byId('announce'), text);
}

function onSnapshot(snapshot: Snapshot): void {
  clockOffset = snapshot.at - Date.now();
  overview.show(snapshot);
  table.show(snapshot);
}

const stream = new EventStream('events?history=1', knownToken(), {
  event(name, data) {
    if (name === 'snapshot') onSnapshot(data as Snapshot);
    if (name === 'history') onHistory(data as HistoryMessage);
  },
  link(now, lastAt) {
    const ago = lastAt === undefined ? '' : `, data is ${span(Date.now() - lastAt)} old`;
    const texts: Record<Link, string> = {
      connecting: 'connecting',
      live: 'live',
      stale: `stale${ago}`,
      lost: `reconnecting${ago}`,
      token: 'needs a token',
    };
    setText(byId('link'), texts[now]);
    setClass(byId('link'), `link ${now}`);
    setClass(document.body, now === 'live' || lastAt === undefined ? '' : 'stale');
    if (now !== link && lastAt !== undefined)
      announce(now === 'live' ? 'Connected again.' : 'The data is stale.');
    link = now;
    if (now === 'token') askForToken(knownToken() !== undefined, (token) => stream.open(token));
  },
});

// Where a table is wider than the screen, the keyboard scrolls it.
for (const scroll of document.querySelectorAll<HTMLElement>('.scroll')) scroll.tabIndex = 0;
useTheme(() => {
  charts.restyle();
  draw();
});
stream.open();
