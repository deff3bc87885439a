/**
 * Adds the last lines of standard error to notices: to the failure of a worker its own, to the verdict of a reload those
 * of the worker that made it fail. No decision depends on them, so decide/ does not know them.
 */
import type { Notice } from './decide/notice.ts';

export interface Speaker {
  readonly generation: number;
  /** Reads the last lines of now. */
  readonly lastLines: () => readonly string[];
}

type OfWorker = Extract<Notice, { worker: unknown }>;

export class LastWords {
  /** Workers by pid. */
  readonly #speakers = new Map<number, Speaker>();
  /** Generation of the reload under way. */
  #judged: number | undefined;
  /** Lines of the first worker that failed the reload. */
  #ofJudged: readonly string[] | undefined;

  listen(pid: number, speaker: Speaker): void {
    this.#speakers.set(pid, speaker);
  }

  forget(pid: number): void {
    this.#speakers.delete(pid);
  }

  /** Called for each notice, in order. */
  addTo(notice: Notice): Notice {
    if ('worker' in notice) return this.#addToWorkers(notice);
    if (notice.event === 'reload-started') {
      this.#judged = notice.generation;
      this.#ofJudged = undefined;
    }
    if (notice.event === 'canary' && !notice.pass) this.#ofJudged ??= this.#newest(notice.generation);
    if (notice.event !== 'reload-finished' || notice.outcome === 'committed') return notice;
    return withLines(notice, this.#ofJudged);
  }

  #addToWorkers(notice: OfWorker): Notice {
    const { event, level, worker, detail } = notice;
    const hasFailed = event === 'broken' || event === 'crashed';
    if (!hasFailed && !(event === 'exited' && level === 'warn')) return notice;
    const lines = this.#speakers.get(worker.pid ?? -1)?.lastLines();
    if (hasFailed && worker.generation === this.#judged) {
      this.#ofJudged ??= [...(lines ?? []), ...(detail?.split('\n') ?? [])];
    }
    return withLines(notice, lines);
  }

  /** A canary that answers badly still runs: its lines are read now. */
  #newest(wanted: number): readonly string[] | undefined {
    const speakers = [...this.#speakers.values()].filter(({ generation }) => generation === wanted);
    return speakers.map(({ lastLines }) => lastLines()).find(({ length }) => length > 0);
  }
}

const withLines = (notice: Notice, lines: readonly string[] | undefined): Notice =>
  lines === undefined || lines.length === 0 ? notice : ({ ...notice, lastLines: lines } as Notice);
