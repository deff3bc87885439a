/** What names a worker in every log line, status and hook. */
export interface WorkerIdentity {
  /** Stable number 0..N-1, kept by its replacement. */
  readonly slot: number;
  /** The age of the code that it runs; a reload makes the next one. */
  readonly generation: number;
  /** Absent until the process exists. */
  readonly pid?: number | undefined;
}

/** The one place that words a worker: `worker=2 gen=5 pid=811`. */
export const describeWorker = ({ slot, generation, pid }: WorkerIdentity): string =>
  `worker=${slot} gen=${generation}${pid === undefined ? '' : ` pid=${pid}`}`;
