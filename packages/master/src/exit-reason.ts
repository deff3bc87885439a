/**
 * Describes why a worker ended, as far as its exit code, signal, memory and last lines tell. Pure.
 * Codes: https://nodejs.org/api/process.html#exit-codes
 */
import { formatMemory, oneLine } from '@tshorn/core';
import { fullServerIn } from './decide/overlap-hint.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last lines of its standard error; undefined where nobody has read it. */
  readonly lastLines?: readonly string[] | undefined;
  /** How many processes of the control group the kernel has just killed for lack of memory. */
  readonly oomKills?: number | undefined;
  /** Resident memory at its last heartbeat, in bytes. */
  readonly rss?: number | undefined;
  /** Limit of the control group, in bytes. */
  readonly memoryLimit?: number | undefined;
}

/** The kernel most likely chose a worker that held this part of the group's memory. */
const NEAR_LIMIT = 0.9;

/**
 * Codes that hardly any app uses itself. 1 to 6 and 10 are left out: an app that calls `process.exit(3)` has its own
 * meaning for it, and Node's meanings of 2 to 6 and 10 were never seen outside of Node's own tests. For 1, standard
 * error shows the exception.
 */
const CODES: Readonly<Record<number, string>> = {
  7: "process.exit(7), or an exception in the app's own handler of uncaught exceptions",
  9: 'process.exit(9), or an argument that Node does not know (check NODE_OPTIONS)',
  12: 'process.exit(12), or a wrong --inspect option',
  13: 'unsettled top-level await: the app awaits a promise that can never settle',
};

const NATIVE = 'crash in native code (an addon, or Node itself)';
const SIGNALS: Readonly<Record<string, string>> = {
  SIGSEGV: NATIVE,
  SIGBUS: NATIVE,
  SIGILL: NATIVE,
  SIGFPE: NATIVE,
  SIGTRAP: NATIVE,
  SIGSYS: 'forbidden system call (seccomp)',
  SIGXCPU: 'CPU time limit (ulimit -t)',
  SIGXFSZ: 'file size limit (ulimit -f)',
  SIGABRT:
    "abort by Node or native code; if its standard error says `JavaScript heap out of memory`, V8's heap limit (--max-old-space-size) was reached",
};
/** V8 writes a line when memory is what it lacks. libuv aborts where its epoll descriptor is gone (uv__io_poll in linux.c), often without a word. */
const ABORT_WITHOUT_HEAP =
  'abort by Node or native code: an assertion failed there, or the app has closed descriptors that Node needs';

/** A shell, or Node itself, reports a signal as 128 and its number. */
const NUMBERS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** `exit code 13: ...`, `killed by SIGSEGV: ...`. For exits that the master did not ask for. */
export function describeExit(exit: Exit): string {
  const { code, lastLines } = exit;
  const signal = exit.signal ?? (code === null ? undefined : NUMBERS[code - 128]);
  const how = exit.signal ? `killed by ${exit.signal}` : `exit code ${code}`;
  const heap = lastLines?.find((line) => /JavaScript heap out of memory|invalid table size/i.test(line));
  if (heap !== undefined) return `${how}: out of memory, V8's heap limit (${factsOf(exit, heapFact(heap))})`;
  if (signal === 'SIGKILL') return describeKill(exit, how);
  if (code === 0) return `${how}: the app called process.exit, or nothing kept the process alive`;
  const thrown = code === 1 ? exceptionIn(lastLines) : undefined;
  if (thrown !== undefined) return `${how}: uncaught ${thrown}`;
  if (signal === 'SIGABRT' && lastLines) return `${how}: ${ABORT_WITHOUT_HEAP}`;
  const words = signal ? SIGNALS[signal] : CODES[code ?? -1];
  if (words !== undefined) return `${how}: ${words}`;
  return signal ? `${how}, not by tshorn` : withFullServer(how, lastLines);
}

/** Adds to a reason that says little the line by which the app told that a database has no room for one more client. */
export function withFullServer(reason: string, lastLines: readonly string[] = []): string {
  const line = fullServerIn(lastLines);
  return line === undefined ? reason : `${reason}: ${oneLine(line, MOST_REASON)}`;
}

/**
 * Points at the lines of a worker that has ended without a reason of its own: the last one of its standard error, which may
 * be all that a person sees, and the file of `--output-file`, which also has its standard output.
 */
export function whereToLook(lastLines: readonly string[], outputFile?: string): string {
  const last = lastLines.at(-1);
  const file = outputFile === undefined ? '' : ` in ${outputFile}`;
  return last === undefined ? `see its lines${file}` : `its last line${file}: ${oneLine(last, MOST_REASON)}`;
}

/** Longest reason that an app's own line makes, in characters. */
const MOST_REASON = 300;

/**
 * Describes the end of a worker that was cleaning up: an app that exits with a code of its own most likely says why.
 * @param exit `lastLines`: those written since the drain
 */
export function describeCleanUp(exit: Exit): string {
  const { code, signal, lastLines = [] } = exit;
  // Node writes its version below an exception that nobody caught.
  const isUncaught = lastLines.some((line) => /^Node\.js v\d/.test(line));
  const said = exceptionIn(lastLines) ?? lastLines.at(-1);
  if (signal !== null || isUncaught || said === undefined) return describeExit(exit);
  return `exit code ${code}: ${oneLine(said, MOST_REASON)}`;
}

/** `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`: the part before the dash. */
const heapFact = (line: string): string => {
  const cause =
    /FATAL ERROR: (.*?)(?: Allocation failed)? - /.exec(line)?.[1] ?? 'JavaScript heap out of memory';
  return `${cause}; raise it with --max-old-space-size`;
};

/** Joins the known facts and the memory that the worker held. */
const factsOf = ({ rss }: Exit, ...facts: (string | undefined)[]): string =>
  [...facts, rss === undefined ? undefined : `it held ${formatMemory(rss)}`]
    .filter((fact) => fact !== undefined)
    .join(', ');

function describeKill(exit: Exit, how: string): string {
  const { oomKills = 0, rss, memoryLimit } = exit;
  const limit = memoryLimit === undefined ? undefined : `cgroup limit ${formatMemory(memoryLimit)}`;
  const inBrackets = (facts: string) => (facts === '' ? '' : ` (${facts})`);
  const facts = inBrackets(factsOf(exit, limit));
  if (oomKills > 0) return `killed by the kernel: out of memory${facts}`;
  const isNear = rss !== undefined && memoryLimit !== undefined && rss >= memoryLimit * NEAR_LIMIT;
  if (isNear) return `${how}, most likely by the kernel: out of memory${facts}`;
  return `${how}, not by tshorn: another process sent it, or the kernel was out of memory${inBrackets(factsOf(exit))}`;
}

const EXCEPTION = /^(?:Uncaught )?((?:[A-Z]\w*)?(?:Error|Exception)\b.*)$/;

/**
 * The index of the line such as `TypeError: x is not a function`, which Node writes above the stack; -1 without one.
 * Node marks the place in the source with a caret above it. What the app has logged before looks the same without it.
 */
export function exceptionAt(lines: readonly string[]): number {
  const caret = lines.findLastIndex((line) => /^\s*\^+$/.test(line));
  return lines.findIndex((line, at) => at > caret && EXCEPTION.test(line));
}

function exceptionIn(lines: readonly string[] = []): string | undefined {
  const line = lines[exceptionAt(lines)];
  return line === undefined ? undefined : EXCEPTION.exec(line)?.[1];
}
