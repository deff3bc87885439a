/** The head of the page: what runs, how it is, the reload under way, and the figures of now. */
import type { Snapshot } from '@tshorn/master';
import { byId, el, setClass, setText } from './dom.ts';
import { bytes, clock, cores, count, ms, number, percent, span, took, UNKNOWN } from './format.ts';

type Row = readonly [name: string, of: (snapshot: Snapshot) => string];

const FACTS: readonly Row[] = [
  ['Release', ({ release }) => release ?? UNKNOWN],
  ['Generation', ({ generation }) => String(generation)],
  ['Ready', (snapshot) => `${readyOf(snapshot)} / ${snapshot.size}`],
  ['Uptime', ({ master }) => span(master.uptimeMs)],
  ['Host', ({ master }) => master.host ?? UNKNOWN],
  ['Listens', ({ master }) => master.listeners.join(', ') || UNKNOWN],
];
const FIGURES: readonly Row[] = [
  ['Requests/s', ({ totals }) => number(totals.rps)],
  ['5xx/s', ({ totals }) => number(totals.errorsPerSecond)],
  ['p50', ({ totals }) => ms(totals.p50)],
  ['p99', ({ totals }) => ms(totals.p99)],
  ['In flight', ({ totals }) => count(totals.active)],
  ['Connections', ({ totals }) => count(totals.connections)],
  ['Kernel queue', ({ totals }) => count(totals.queue)],
  ['Busiest loop', ({ totals }) => percent(totals.elu)],
  ['CPU cores', ({ totals }) => cores(totals.cpu)],
  ['Workers’ memory', ({ totals }) => bytes(totals.memory)],
];

const readyOf = ({ workers }: Snapshot): number => workers.filter(({ state }) => state === 'ready').length;

export class Overview {
  readonly #facts = list('facts', FACTS);
  readonly #figures = list('figures', FIGURES);

  show(snapshot: Snapshot): void {
    const { master, state, degraded } = snapshot;
    const app = master.app ?? '';
    const name = app.split('/').at(-1) || 'tshorn';
    setText(byId('app'), name);
    byId('app').title = app;
    document.title = `${readyOf(snapshot)}/${snapshot.size} ${degraded ? 'degraded' : state} · ${name}`;
    const pill = byId('state');
    setText(pill, degraded ? 'degraded' : state);
    setClass(pill, `pill ${degraded ? 'bad' : state === 'running' ? 'good' : 'busy'}`);
    FACTS.forEach(([, of], n) => {
      const fact = this.#facts[n] as HTMLElement;
      setText(fact, of(snapshot));
      fact.title = of(snapshot);
    });
    FIGURES.forEach(([, of], n) => {
      setText(this.#figures[n] as HTMLElement, of(snapshot));
    });
    setClass(this.#figures[1] as HTMLElement, snapshot.totals.errorsPerSecond > 0 ? 'bad' : '');
    showReload(snapshot);
  }
}

function list(id: string, rows: readonly Row[]): readonly HTMLElement[] {
  return rows.map(([name]) => {
    const value = el('dd', '', UNKNOWN);
    byId(id).append(el('div', '', el('dt', '', name), value));
    return value;
  });
}

/** Takes the same room whether a reload is under way or not. */
function showReload(snapshot: Snapshot): void {
  const { reload, lastReload, newMaster, workers, size } = snapshot;
  const section = byId('reload');
  const cells = byId('reload-cells');
  if (reload) {
    const step = reload.step === undefined ? 'being prepared' : `step ${reload.step} of ${reload.of}`;
    const state = reload.rollingBack !== undefined ? `rolling back: ${reload.rollingBack}` : step;
    setText(byId('reload-text'), `Reload to generation ${reload.generation} by ${reload.by}: ${state}`);
    setClass(section, reload.rollingBack === undefined ? 'busy' : 'bad');
  } else {
    setText(
      byId('reload-text'),
      newMaster ? `A new master starts: pid ${newMaster}` : textOfLast(lastReload),
    );
    setClass(section, !lastReload ? '' : lastReload.outcome === 'committed' ? 'good' : 'bad');
  }
  const generation = reload?.generation ?? snapshot.generation;
  for (let slot = 0; slot < size; slot++) {
    const cell = cells.children[slot] ?? cells.appendChild(el('i'));
    const mine = workers.filter((worker) => worker.slot === slot);
    const has = (isNew: boolean, ready: boolean) =>
      mine.some(
        (worker) => (worker.generation === generation) === isNew && (worker.state === 'ready') === ready,
      );
    setClass(
      cell,
      has(true, true) ? 'done' : has(true, false) ? 'coming' : has(false, true) ? 'waiting' : 'none',
    );
  }
  while (cells.children.length > size) cells.lastChild?.remove();
}

function textOfLast(last: Snapshot['lastReload']): string {
  if (!last) return 'No reload since the start of the master.';
  const { at, generation, outcome, by, replaced, tookMs, reason } = last;
  const what =
    outcome === 'committed' ? `${replaced} replaced in ${took(tookMs)}` : (reason ?? `after ${took(tookMs)}`);
  return `Last reload, ${clock(Date.parse(at))}: generation ${generation} ${outcome.replace('-', ' ')} by ${by}, ${what}`;
}
