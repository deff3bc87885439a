/** The table of the workers: a row for each, kept as long as it lives. */
import type { Snapshot, WorkerRow } from '@tshorn/master';
import { byId, el, setClass, setText } from './dom.ts';
import { bytes, cores, count, ms, number, percent, span } from './format.ts';

interface Column {
  readonly head: string;
  readonly title?: string;
  /** `wide`: left out on a narrow screen. `text`: aligned to the left. */
  readonly className: string;
  of(row: WorkerRow): string;
}

const COLUMNS: readonly Column[] = [
  { head: 'Slot', className: '', of: ({ slot }) => String(slot) },
  { head: 'Gen', title: 'Generation', className: '', of: ({ generation }) => String(generation) },
  { head: 'State', className: 'text', of: stateOf },
  { head: 'Pid', className: 'wide', of: ({ pid }) => (pid === undefined ? '–' : String(pid)) },
  { head: 'Uptime', className: 'wide', of: ({ uptimeMs }) => span(uptimeMs) },
  { head: 'Req/s', className: '', of: ({ rps }) => number(rps) },
  { head: '5xx/s', className: 'wide', of: ({ errorsPerSecond }) => number(errorsPerSecond) },
  { head: 'p50', className: 'wide', of: ({ p50 }) => ms(p50) },
  { head: 'p99', className: '', of: ({ p99 }) => ms(p99) },
  { head: 'Loop', title: 'Event loop in use', className: '', of: ({ elu }) => percent(elu) },
  { head: 'CPU', title: 'Cores', className: 'wide', of: ({ cpu }) => cores(cpu) },
  { head: 'In flight', className: 'wide', of: ({ active }) => count(active) },
  { head: 'Conns', title: 'Connections', className: 'wide', of: ({ connections }) => count(connections) },
  { head: 'Memory', className: '', of: ({ memory }) => bytes(memory) },
  { head: 'Requests', title: 'Since its start', className: 'wide', of: ({ requests }) => count(requests) },
];
const BAD = new Set(['hung', 'failing', 'killed']);

/** A worker that is silent is told apart from one that has nothing to do. */
function stateOf({ state, silentMs, remaining }: WorkerRow): string {
  const left = Object.values(remaining ?? {}).reduce((sum, count) => sum + count, 0);
  if (silentMs !== undefined) return `${state}, silent ${span(silentMs)}`;
  return left > 0 ? `${state}, ${left} left` : state;
}

export class WorkersTable {
  readonly #body = document.querySelector('#workers tbody') as HTMLTableSectionElement;
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor() {
    const head = document.querySelector('#workers thead tr') as HTMLTableRowElement;
    for (const { head: text, title, className } of COLUMNS) {
      const cell = el('th', className, text);
      cell.scope = 'col';
      if (title) cell.title = title;
      head.append(cell);
    }
  }

  show({ workers, generation, size }: Snapshot): void {
    const wanted = new Set<string>();
    workers.forEach((worker, place) => {
      const key = `${worker.slot}/${worker.generation}/${worker.pid}`;
      wanted.add(key);
      const row = this.#rows.get(key) ?? this.#add(key);
      if (this.#body.children[place] !== row)
        this.#body.insertBefore(row, this.#body.children[place] ?? null);
      const isOld =
        worker.generation < generation || worker.state === 'draining' || worker.state === 'parked';
      setClass(
        row,
        BAD.has(worker.state) || worker.silentMs !== undefined
          ? 'bad'
          : worker.state === 'ready'
            ? ''
            : isOld
              ? 'old'
              : 'new',
      );
      COLUMNS.forEach(({ of }, n) => {
        setText(row.cells[n] as HTMLElement, of(worker));
      });
    });
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    const ready = workers.filter(({ state }) => state === 'ready').length;
    setText(
      byId('workers-note'),
      workers.length === 0 ? 'No worker has started yet.' : `${ready} of ${size} ready`,
    );
  }

  #add(key: string): HTMLTableRowElement {
    const row = el('tr');
    COLUMNS.forEach(({ className }, n) => {
      const cell = el(n === 0 ? 'th' : 'td', className);
      if (cell instanceof HTMLTableCellElement && n === 0) cell.scope = 'row';
      row.append(cell);
    });
    this.#rows.set(key, row);
    return row;
  }
}
