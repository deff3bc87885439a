/** Words the findings about a worker that is stuck. Pure. */
import { describeRequest, formatMemory } from '@tshorn/core';
import type { Frame } from './frames.ts';
import type { Inspection } from './inspection.ts';
import type { ChildProcess, KernelView } from './kernel-view.ts';

export interface Findings {
  /** The answer of the worker itself. */
  readonly inspection?: Inspection;
  /** Why the worker itself has not answered; absent where it has. The rest is known only then. */
  readonly silentBecause?: 'disable-sigusr1' | 'no-hang-debugger' | 'no-answer';
  /** Resident memory in bytes. */
  readonly rss?: number;
  readonly kernel?: KernelView;
  /** CPU time that it used in the last second, in milliseconds per second. */
  readonly cpuMsPerSecond?: number;
}

export interface Place {
  /** Working directory of the release: files in it get short names. */
  readonly cwd: string;
  /** Directory of tshorn's own code, which the log leaves out. */
  readonly own: string;
  /** Since the last heartbeat of the worker, or since its start. */
  readonly silentMs: number;
  /** No heartbeat was expected of it: its event loop may well run. */
  readonly mayRun: boolean;
}

const MOST_FRAMES = 10;

export interface Said {
  /** Where it is stuck, in one line. */
  readonly headline: string;
  readonly details: readonly string[];
}

const isNode = ({ file }: Frame): boolean => file === '' || file.startsWith('node:');

/** The stack without tshorn's own frames, and of Node's frames in a row only the one that the app has called. */
export function appStack(stack: readonly Frame[], own: string): Frame[] {
  const others = stack.filter(({ file }) => !file.startsWith(own));
  return others.filter((frame, at) => !isNode(frame) || (others[at + 1] && !isNode(others[at + 1] as Frame)));
}

/** True: other code than Node's and tshorn's own runs. */
export const runsApp = (stack: readonly Frame[], own: string): boolean =>
  stack.some((frame) => !isNode(frame) && !frame.file.startsWith(own));

const nameOf = (frame: Frame): string => frame.function || '(anonymous)';

function frameText(frame: Frame, cwd?: string): string {
  const directory = cwd === undefined ? undefined : `${cwd}/`;
  const file =
    directory !== undefined && frame.file.startsWith(directory)
      ? frame.file.slice(directory.length)
      : frame.file;
  return isNode(frame)
    ? `${nameOf(frame)} (${file || 'built in'})`
    : `${nameOf(frame)} (${file}:${frame.line}:${frame.column})`;
}

export function say(findings: Findings, place: Place): Said {
  const { inspection } = findings;
  const stack = inspection?.stack ?? [];
  if (!runsApp(stack, place.own)) {
    return {
      headline: withoutStack(findings, place),
      details: [...kernelLines(findings), ...facts(findings)],
    };
  }
  const frames = appStack(stack, place.own);
  const innermost = frames.find((frame) => !isNode(frame)) as Frame;
  const within = frames[0] && isNode(frames[0]) ? `${frameText(frames[0])}, called by ` : '';
  const shown = frames.slice(0, MOST_FRAMES).map((frame) => `at ${frameText(frame, place.cwd)}`);
  const more = frames.length > MOST_FRAMES ? [`and ${frames.length - MOST_FRAMES} more`] : [];
  return {
    headline: `${place.mayRun ? 'it was' : 'stuck'} in ${within}${frameText(innermost)}`,
    details: [...shown, ...more, ...facts(findings)],
  };
}

function facts({ inspection = {}, rss = inspection.rss, silentBecause }: Findings): string[] {
  const { requests, heapUsed } = inspection;
  const lines: string[] = [];
  if (requests?.length) lines.push(`requests in flight: ${requests.map(describeRequest).join(', ')}`);
  else if (requests) lines.push('no request is in flight');
  else if (silentBecause) lines.push('requests in flight: unknown, since the process itself did not answer');
  const heap = heapUsed === undefined ? '' : `, heap ${formatMemory(heapUsed)}`;
  if (rss !== undefined) lines.push(`memory: ${formatMemory(rss)}${heap}`);
  return lines;
}

const childText = ({ pid, command }: ChildProcess): string => `${pid} (${command})`;

/** A worker that fell silent when a child process started most likely waits for that one. */
const SLACK_MS = 2_500;

const NOTES: Record<NonNullable<Findings['silentBecause']>, string> = {
  'disable-sigusr1': ' (no stack: --disable-sigusr1 keeps the inspector from opening)',
  'no-hang-debugger': ' (no stack: --no-hang-debugger)',
  'no-answer': '',
};

function withoutStack(findings: Findings, place: Place): string {
  const { inspection, silentBecause } = findings;
  if (inspection && !inspection.stack) return 'in JavaScript that its debugger did not stop in time';
  if (inspection) return place.mayRun ? idleText(inspection.waitsFor ?? []) : 'its event loop runs again';
  const note = NOTES[silentBecause ?? 'no-answer'];
  return kernelText(findings, place) + note;
}

/** The kernel still has a state for such a process, and it is no cause. */
const hasEnded = ({ state }: KernelView): boolean => state === 'Z' || state === 'X';

function kernelText({ silentBecause, kernel, cpuMsPerSecond = 0 }: Findings, { silentMs }: Place): string {
  if (!kernel) return 'cause unknown: its inspector did not open, and there is no /proc';
  if (hasEnded(kernel)) return 'its process has ended meanwhile';
  if (kernel.state === 'T') return 'stopped by a signal (SIGSTOP)';
  if (kernel.state === 't') return 'stopped by a debugger (ptrace)';
  if (kernel.state === 'D')
    return 'in uninterruptible sleep: the kernel waits for a disk or a network file system';
  // On a busy machine it waits for a CPU.
  if (cpuMsPerSecond > 500 || kernel.state === 'R')
    return `busy in ${silentBecause === 'no-answer' ? 'native code' : 'JavaScript or native code'}`;
  const child = kernel.children.find(({ ageMs }) => Math.abs(ageMs - silentMs) < SLACK_MS);
  if (child) return `waiting for its child process ${childText(child)}`;
  return kernel.waitsIn === undefined
    ? 'waiting in native code'
    : `waiting in ${kernel.waitsIn} (kernel), called by native code`;
}

/** No code is stuck: what the event loop waits for does not come. */
function idleText(waitsFor: readonly string[]): string {
  const kinds = [...new Set(waitsFor)].join(', ');
  return `its event loop runs and waits${kinds ? ` (open: ${kinds})` : ''}`;
}

function kernelLines({ kernel, cpuMsPerSecond }: Findings): string[] {
  if (!kernel || hasEnded(kernel)) return [];
  const { state, waitsIn, children } = kernel;
  const parts = [
    `state ${state}`,
    waitsIn && `waits in ${waitsIn}`,
    cpuMsPerSecond !== undefined && `${Math.round(cpuMsPerSecond / 10)} % of a CPU`,
  ];
  const lines = [`kernel: ${parts.filter(Boolean).join(', ')}`];
  if (children.length > 0) lines.push(`child processes: ${children.slice(0, 5).map(childText).join(', ')}`);
  return lines;
}
