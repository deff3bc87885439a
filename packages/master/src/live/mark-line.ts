/** A line of the log as a mark keeps it: what a reader needs of it, shortened. Pure. */

/** A line of the log, as far as marks need it. */
export interface LoggedLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event?: string;
  /** As a word. */
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export type MarkLine = Pick<LoggedLine, 'time' | 'event' | 'level' | 'msg'> & {
  readonly lastLines?: readonly string[];
  readonly stack?: readonly unknown[];
  readonly requests?: readonly unknown[];
};

/** Characters. Titles are not weighed: all together they are at most 120 KB. */
const MOST_TITLE = 200;
const MOST_TEXT = 4_000;
const MOST_LAST_LINES = 20;
const MOST_LAST_LINE = 500;
const MOST_FRAMES = 30;
const MOST_REQUESTS = 30;
/** Characters of the frames, or of the requests. */
const MOST_ROWS = 12_000;

export const sizeOf = (line: MarkLine | undefined): number => Buffer.byteLength(JSON.stringify(line ?? null));

/** The title of a mark. */
export const headOf = (text: string): string => cut(text.split('\n', 1)[0] ?? '', MOST_TITLE);

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

export function shortened({ time, event, level, msg, lastLines, stack, requests }: LoggedLine): MarkLine {
  return {
    time,
    ...(event !== undefined && { event }),
    level,
    msg: cut(msg, MOST_TEXT),
    ...(Array.isArray(lastLines) && {
      lastLines: lastLines.slice(-MOST_LAST_LINES).map((last) => cut(String(last), MOST_LAST_LINE)),
    }),
    ...(Array.isArray(stack) && { stack: within(stack.slice(0, MOST_FRAMES)) }),
    ...(Array.isArray(requests) && { requests: within(requests.slice(0, MOST_REQUESTS)) }),
  };
}

/** Names of functions and paths may be long: the last ones are left out. */
function within(rows: readonly unknown[]): readonly unknown[] {
  let left = MOST_ROWS;
  const end = rows.findIndex((row) => {
    left -= JSON.stringify(row).length;
    return left < 0;
  });
  return end < 0 ? rows : rows.slice(0, end);
}
