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

/** A probe's outcome as one datagram: the worker's one-time secret, the verdict, and what is to be told. */
export const encodeStatus = (secret: string, report: ProbeReport): string =>
  `${secret} ${JSON.stringify(report)}`;

/** The secret and the report of a datagram, or undefined for anything else that arrives on the port. */
export function decodeStatus(datagram: string): { secret: string; report: ProbeReport } | undefined {
  const space = datagram.indexOf(' ');
  if (space < 1) return undefined;
  try {
    const report = JSON.parse(datagram.slice(space + 1)) as ProbeReport;
    const known = report?.verdict === 'ok' || report?.verdict === 'no-status' || report?.verdict === 'broken';
    return known ? { secret: datagram.slice(0, space), report } : undefined;
  } catch {
    return undefined;
  }
}
