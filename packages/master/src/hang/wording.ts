/** Words what was found out about a worker that hangs. Pure. */
import { describeRequest } from '@tshorn/core';
import type { Explanation } from './explain.ts';
import type { Frame } from './inspector.ts';
import type { ChildProcess } from './kernel.ts';

export interface Place {
  /** Working directory of the release: files in it are told by their short names. */
  readonly cwd: string;
  /** The directory of tshorn's own code, which is nobody's concern. */
  readonly own: string;
  /** For how long the worker has given no heartbeat; since its start, where it has given none at all. */
  readonly silentMs: number;
  /** It was not expected to give signs: that its event loop is stuck is not known. */
  readonly mayTurn: boolean;
}

const MOST_FRAMES = 10;

export interface Said {
  /** Where it is stuck, in one line. */
  readonly headline: string;
  readonly details: readonly string[];
}

const isNode = ({ file }: Frame): boolean => file === '' || file.startsWith('node:');

/** Without tshorn's own frames. Node's internals, one after the other, are the one that the app has called. */
export function appStack(stack: readonly Frame[], own: string): Frame[] {
  const others = stack.filter(({ file }) => !file.startsWith(own));
  return others.filter((frame, at) => !isNode(frame) || (others[at + 1] && !isNode(others[at + 1] as Frame)));
}

/** Whether any code but Node's and tshorn's own runs. */
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

export function say(explanation: Explanation, place: Place): Said {
  const { inspection } = explanation;
  const stack = inspection?.stack ?? [];
  if (!runsApp(stack, place.own)) {
    return {
      headline: withoutStack(explanation, place),
      details: [...kernelLines(explanation), ...facts(explanation)],
    };
  }
  const frames = appStack(stack, place.own);
  const innermost = frames.find((frame) => !isNode(frame)) as Frame;
  const within = frames[0] && isNode(frames[0]) ? `${frameText(frames[0])}, called by ` : '';
  const shown = frames.slice(0, MOST_FRAMES).map((frame) => `at ${frameText(frame, place.cwd)}`);
  const more = frames.length > MOST_FRAMES ? [`and ${frames.length - MOST_FRAMES} more`] : [];
  return {
    headline: `${place.mayTurn ? 'it was' : 'stuck'} in ${within}${frameText(innermost)}`,
    details: [...shown, ...more, ...facts(explanation)],
  };
}

function facts({ inspection = {}, rss = inspection.rss, silentBecause }: Explanation): string[] {
  const { requests, heapUsed } = inspection;
  const lines: string[] = [];
  if (requests?.length) lines.push(`requests in flight: ${requests.map(describeRequest).join(', ')}`);
  else if (requests) lines.push('no request is in flight');
  else if (silentBecause) lines.push('requests in flight: not known, since the process itself says nothing');
  const heap = heapUsed === undefined ? '' : `, heap ${megabytes(heapUsed)}`;
  if (rss !== undefined) lines.push(`memory: ${megabytes(rss)}${heap}`);
  return lines;
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

const childText = ({ pid, command }: ChildProcess): string => `${pid} (${command})`;

/** A child that was started about when the worker fell silent is what it waits for. */
const SLACK_MS = 2_500;

function withoutStack(
  { inspection, silentBecause, kernel, cpuMsPerSecond = 0 }: Explanation,
  place: Place,
): string {
  if (inspection) return place.mayTurn ? idleText(inspection.waitsFor ?? []) : 'its event loop turns again';
  const closed =
    silentBecause === 'no-door'
      ? ' (its stack cannot be taken: --disable-sigusr1 keeps the inspector shut)'
      : '';
  if (!kernel) return `nothing more is known: its inspector did not open, and there is no /proc${closed}`;
  if (kernel.state === 'T') return 'stopped by a signal (SIGSTOP)';
  if (kernel.state === 't') return 'stopped by a debugger (ptrace)';
  const child = kernel.children.find(({ ageMs }) => Math.abs(ageMs - place.silentMs) < SLACK_MS);
  if (kernel.state === 'D')
    return `in uninterruptible sleep: the kernel waits for a disk or a network file system${closed}`;
  if (cpuMsPerSecond > 500)
    return `busy in ${silentBecause === 'no-door' ? 'its own code' : 'native code'}${closed}`;
  if (child) return `it waits for its child process ${childText(child)}${closed}`;
  const call = kernel.systemCall ?? kernel.waitsIn;
  return `it waits in ${call === undefined ? 'native code' : `${call}, called by native code`}${closed}`;
}

/** It hangs in no code: what it waits for does not come. */
export function idleText(waitsFor: readonly string[]): string {
  const kinds = [...new Set(waitsFor)].join(', ');
  return `its event loop turns and waits${kinds ? ` (open: ${kinds})` : ''}`;
}

function kernelLines({ kernel, cpuMsPerSecond }: Explanation): string[] {
  if (!kernel) return [];
  const { state, systemCall, waitsIn, children } = kernel;
  const parts = [
    `state ${state}`,
    systemCall && `system call ${systemCall}`,
    waitsIn && `waits in ${waitsIn}`,
    cpuMsPerSecond !== undefined && `${Math.round(cpuMsPerSecond / 10)} % of a CPU`,
  ];
  const lines = [`the kernel says: ${parts.filter(Boolean).join(', ')}`];
  if (children.length > 0) lines.push(`child processes: ${children.slice(0, 5).map(childText).join(', ')}`);
  return lines;
}
