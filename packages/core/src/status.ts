/** The outcome of a worker's probe of its own app, in words, and how it travels as a datagram. */
import { line, literal, ms, optional, type Row, row } from './protocol/fields.ts';

/**
 * The outcome of a probe: a worker asks its own app before it is admitted to traffic. `alive`: nobody chose the path, and
 * the app answers, but not with 2xx.
 */
export const PROBE_REPORT = {
  verdict: literal('ok', 'alive', 'broken'),
  /** The status line without the protocol (`200 OK`), where the app answered at all. */
  status: optional(line(256)),
  /** The answer of the app or the fault, as a sentence; absent for `ok`. */
  reason: optional(line()),
  /** Milliseconds from the start of the first attempt to the verdict. */
  tookMs: ms,
};

export type ProbeReport = Row<typeof PROBE_REPORT>;

/** Describes a probe with the verdict `alive` to a person. */
export const describeAlive = ({ reason = 'the app answers' }: ProbeReport): string =>
  `${reason}: alive, as no --status-path is set; one that is set has to answer 2xx`;

/** A report as one datagram, behind the worker's one-time secret. */
export const encodeStatus = (secret: string, report: ProbeReport): string =>
  `${secret} ${JSON.stringify(report)}`;

const readReport = row(PROBE_REPORT);

/** The secret and the report of a datagram, or undefined for anything else that arrives on the port. */
export function decodeStatus(datagram: string): { secret: string; report: ProbeReport } | undefined {
  const space = datagram.indexOf(' ');
  if (space < 1) return undefined;
  try {
    return { secret: datagram.slice(0, space), report: readReport(JSON.parse(datagram.slice(space + 1))) };
  } catch {
    return undefined;
  }
}
