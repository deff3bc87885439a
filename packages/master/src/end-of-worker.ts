/**
 * Says in words what a worker died of, as far as its exit code, signal, memory and last lines tell. Pure.
 * Codes: https://nodejs.org/api/process.html#exit-codes
 */
import { formatMemory } from '@tshorn/core';

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  /** Of its standard error, where it is known. */
  readonly lastLines?: readonly string[] | undefined;
  /** How many processes of the control group the kernel has just killed for lack of memory. */
  readonly oomKills?: number | undefined;
  /** What it held when it told last, in bytes. */
  readonly rss?: number | undefined;
  /** Of the control group, in bytes. */
  readonly memoryLimit?: number | undefined;
}

/** A worker that held this part of all memory of the group was most likely the one that the kernel chose. */
const NEAR_LIMIT = 0.9;

/**
 * Those that hardly any app uses itself. 1 to 6 and 10 are not among them: an app that calls `process.exit(3)` has its own
 * meaning for it, and what Node means by 2 to 6 and 10 has never been seen outside of Node's own tests. What 1 means, the
 * exception on standard error tells.
 */
const CODES: Readonly<Record<number, string>> = {
  7: "process.exit(7), or an exception in the app's own handler of uncaught exceptions",
  9: 'process.exit(9), or an argument that Node does not know (NODE_OPTIONS?)',
  12: 'process.exit(12), or a wrong --inspect option',
  13: 'unsettled top-level await: the app waits for a promise that nothing can settle any more',
};

const NATIVE = 'a crash in native code: an addon, or Node itself';
const SIGNALS: Readonly<Record<string, string>> = {
  SIGSEGV: NATIVE,
  SIGBUS: NATIVE,
  SIGILL: NATIVE,
  SIGFPE: NATIVE,
  SIGTRAP: NATIVE,
  SIGSYS: 'a system call that is forbidden here (seccomp)',
  SIGXCPU: 'its limit of CPU time (ulimit -t)',
  SIGXFSZ: 'its limit of file size (ulimit -f)',
  SIGABRT:
    "Node or native code has aborted; where its standard error says `JavaScript heap out of memory`, it was V8's heap limit (--max-old-space-size)",
};

/** A shell, or Node itself, tells of a signal as 128 and its number. */
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

/** `exit code 13: ...`, `killed by SIGSEGV: ...`. For ends that nobody has asked for. */
export function describeEnd(end: End): string {
  const { code, lastLines } = end;
  const signal = end.signal ?? (code === null ? undefined : NUMBERS[code - 128]);
  const how = end.signal ? `killed by ${end.signal}` : `exit code ${code}`;
  const heap = lastLines?.find((line) => /JavaScript heap out of memory|invalid table size/i.test(line));
  if (heap !== undefined) return `${how}: out of memory by V8's own limit (${holding(end, heapWords(heap))})`;
  if (signal === 'SIGKILL') return describeKill(end, how);
  const words = signal ? SIGNALS[signal] : CODES[code ?? -1];
  if (code === 0)
    return `${how}: it ended by itself; a server that should stay has called process.exit or closed`;
  const thrown = code === 1 ? exceptionIn(lastLines) : undefined;
  if (thrown !== undefined) return `${how}: uncaught ${thrown}`;
  if (words !== undefined) return `${how}: ${words}`;
  return signal ? `${how}, not by tshorn` : how;
}

/** `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`: what is before the dash. */
const heapWords = (line: string): string => {
  const what =
    /FATAL ERROR: (.*?)(?: Allocation failed)? - /.exec(line)?.[1] ?? 'JavaScript heap out of memory';
  return `${what}; --max-old-space-size raises it`;
};

function holding({ rss }: End, words: string): string {
  return rss === undefined ? words : `${words}; it held ${formatMemory(rss)}`;
}

function describeKill({ oomKills = 0, rss, memoryLimit }: End, how: string): string {
  const limit = memoryLimit === undefined ? undefined : `cgroup limit ${formatMemory(memoryLimit)}`;
  const held = rss === undefined ? undefined : `it held ${formatMemory(rss)}`;
  const facts = [limit, held].filter((fact) => fact !== undefined).join(', ');
  const inBrackets = facts === '' ? '' : ` (${facts})`;
  if (oomKills > 0) return `killed by the kernel: out of memory${inBrackets}`;
  const isNear = rss !== undefined && memoryLimit !== undefined && rss >= memoryLimit * NEAR_LIMIT;
  if (isNear) return `${how}, most likely by the kernel: out of memory${inBrackets}`;
  return `${how}, not by tshorn: by somebody else, or by the kernel for lack of memory${held ? ` (${held})` : ''}`;
}

/** The first line that is like `TypeError: x is not a function`, which stands above the stack. */
function exceptionIn(lines: readonly string[] | undefined): string | undefined {
  return lines
    ?.map((line) => /^(?:Uncaught )?((?:[A-Z]\w*)?(?:Error|Exception)\b.*)$/.exec(line)?.[1])
    .find(Boolean);
}
