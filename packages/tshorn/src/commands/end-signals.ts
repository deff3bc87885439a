/** Signals that end a command which has a worker: the worker ends first. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface EndSignals {
  /** Aborts at the first of the signals. */
  readonly signal: AbortSignal;
  /** Reports on standard error that the signal has ended the command, and returns its exit code; undefined without one. */
  exitCode(): number | undefined;
}

/** @param what the command, such as `the check` */
export function listenForEnd(what: string): EndSignals {
  const controller = new AbortController();
  let first: keyof typeof EXIT_CODES | undefined;
  for (const name of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) {
    process.on(name, () => {
      first ??= name;
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    exitCode() {
      if (first === undefined) return undefined;
      process.stderr.write(`tshorn: ${first} ended ${what}, without a verdict\n`);
      return EXIT_CODES[first];
    },
  };
}
