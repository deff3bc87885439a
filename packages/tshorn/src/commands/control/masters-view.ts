/** `tshorn status` with several masters: one line for each. Pure. */
import { colourOfState } from '../style.ts';
import type { Status } from './status-view.ts';
import { type Cell, type Column, GAP, LEAST, type Page, type Row, table } from './table.ts';

/** A master that listens on its control socket, and did not answer in time. */
export interface SilentMaster {
  /** Absent where the path of the socket does not have it. */
  readonly pid?: number;
  /** Path of the control socket. */
  readonly control: string;
  readonly state: 'no answer';
}

export type MasterLine = Status | SilentMaster;

const COLUMNS: readonly Column[] = [
  { title: 'PID', align: 'right' },
  { title: 'STATE' },
  { title: 'WORKERS', align: 'right' },
  { title: 'LISTENING' },
  { title: 'APP' },
];

/** By pid; the last line says how to see one of them. */
export function mastersText(masters: readonly MasterLine[], page: Page): string {
  const rows = [...masters].sort((one, other) => (one.pid ?? 0) - (other.pid ?? 0)).map(rowOf);
  return `${table(COLUMNS, endsFitting(rows, page), page)}\n\n${page.paint('dim', 'tshorn status PID shows one of them')}`;
}

/** A path that does not fit beside the other columns loses its begin: its end tells one app from another. */
function endsFitting(rows: readonly Row[], { width }: Page): Row[] {
  if (width === undefined) return [...rows];
  const last = COLUMNS.length - 1;
  const before = COLUMNS.slice(0, last).reduce((sum, { title = '' }, at) => {
    const widest = Math.max(title.length, ...rows.map(({ cells }) => cells[at]?.text.length ?? 0));
    return sum + widest + GAP;
  }, 0);
  const room = Math.max(LEAST, width - before);
  const fit = (text: string) => (text.length > room ? `…${text.slice(1 - room)}` : text);
  return rows.map(({ cells }) => ({
    cells: cells.map((cell, at) => (at === last ? { ...cell, text: fit(cell.text) } : cell)),
  }));
}

function rowOf(master: MasterLine): Row {
  const state: Cell = { text: master.state, colour: colourOfState(master.state) };
  const pid = master.pid === undefined ? '-' : String(master.pid);
  const rest = 'listeners' in master ? factsOf(master) : ['-', '-', `control socket ${master.control}`];
  return { cells: [{ text: pid }, state, ...rest.map((text) => ({ text }))] };
}

function factsOf({ workers, size, listeners, app }: Status): string[] {
  const ready = workers.filter(({ state }) => state === 'ready').length;
  return [`${ready} of ${size}`, listeners.join(' '), app ?? '-'];
}
