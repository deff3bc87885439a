/** What a worker found out about its own app before it is admitted to traffic. */
export interface ProbeReport {
  readonly verdict: 'ok' | 'no-status' | 'broken';
  /** The status line without the protocol (`200 OK`), where the app answered at all. */
  readonly status?: string;
  /** For `broken`: what went wrong, in words. */
  readonly reason?: string;
  /** Milliseconds from the start of the first attempt to the verdict. */
  readonly tookMs: number;
}
