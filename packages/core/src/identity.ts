/** The name of a worker in every log line, status and hook. */
export interface WorkerIdentity {
  /** Stable number 0..N-1, kept by its replacement. */
  readonly slot: number;
  /** The age of its code; a reload makes the next generation. */
  readonly generation: number;
  /** Absent until the process exists. */
  readonly pid?: number | undefined;
}

/** Returns the name of a worker as every text has it: `worker=2 gen=5 pid=811`. */
export const describeWorker = ({ slot, generation, pid }: WorkerIdentity): string =>
  `worker=${slot} gen=${generation}${pid === undefined ? '' : ` pid=${pid}`}`;
