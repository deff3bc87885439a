/** `tshorn top` without a terminal: the table as text, once or at an interval, or the snapshots as JSON. */
import type { Snapshot } from '@tshorn/master';
import { plain, print } from '../../style.ts';
import { brokeOff, onInterrupt } from '../asking.ts';
import { table } from '../table.ts';
import { COLUMNS } from './columns.ts';
import { readEvents } from './feed.ts';
import { headLines } from './head.ts';
import { type Line, painted } from './line.ts';
import { begin } from './picture.ts';
import { rowsOf } from './rows.ts';

export interface PrintValues {
  readonly json: boolean;
  /** Milliseconds from one table to the next; absent: one table. */
  readonly interval: number | undefined;
}

/** Snapshots come once a second, a little early or late. */
const TOLERANCE_MS = 500;

/** Resolves with 0 after one table. With an interval it goes on until it is interrupted. @throws TshornError ERR_CONTROL */
export async function printTop(socket: string, { json, interval }: PrintValues): Promise<number> {
  const end = new AbortController();
  const release = onInterrupt(() => {});
  let printedAt = Number.NEGATIVE_INFINITY;
  let isDone = false;
  const snapshot = (now: Snapshot) => {
    if (isDone || now.at - printedAt < (interval ?? 0) - TOLERANCE_MS) return;
    printedAt = now.at;
    print(json ? JSON.stringify(now) : `${textOf(now)}${interval === undefined ? '' : '\n'}`);
    if (interval !== undefined) return;
    isDone = true;
    end.abort();
  };
  try {
    await readEvents(socket, { snapshot, notice() {}, lost() {} }, end.signal);
  } catch (error) {
    if (!isDone) throw error;
  } finally {
    release();
  }
  if (!isDone) throw brokeOff('the stream of figures');
  return 0;
}

const WIDE = 1_000;

function textOf(snapshot: Snapshot): string {
  // Without a sparkline, a clock or icons: for programs, and for a file that is read later.
  const head = headLines({ ...begin(snapshot), rates: [] }, 0).filter((line) => line.length > 0);
  const columns = COLUMNS.map(({ title, ...column }) => ({
    title,
    ...(!('isLeft' in column) && { align: 'right' as const }),
  }));
  const rows = rowsOf(snapshot).map((row) => ({
    cells: COLUMNS.map(({ cell }) => ({ text: cell(row).text })),
    more: row.waits,
  }));
  const lines = head.map((line: Line) => painted(line, plain).trimEnd());
  return [...lines, '', table(columns, rows, { paint: plain, width: WIDE })].join('\n');
}
