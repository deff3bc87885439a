import { TshornError } from '@tshorn/core';
import { paintFor, print } from '../../style.ts';
import { onInterrupt } from '../asking.ts';
import { chooseMaster, findMaster } from '../choose.ts';
import { textLines } from '../client.ts';
import { statusOf, type Which } from '../find.ts';
import { Filter, type LogLine, lineText } from './line.ts';

export interface LogsValues extends Which {
  readonly follow: boolean;
  readonly lines?: number | undefined;
  readonly worker?: number | undefined;
  readonly level?: string | undefined;
  readonly json: boolean;
}

/** Lines that come before those that are followed. */
const LINES_BEFORE = 20;

/**
 * `tshorn logs`: resolves with 0; with `follow` when the last master has ended.
 * @throws TshornError ERR_CONTROL when the master, or the new one of a re-exec, cannot be asked
 */
export async function logs({ follow, lines, worker, level, json, ...which }: LogsValues): Promise<number> {
  const socket = await chooseMaster({ json: true, ...which });
  const unknown = worker === undefined ? undefined : await unknownWorker(socket, worker);
  // Its slot may come by a scale.
  if (follow && unknown !== undefined) process.stderr.write(`tshorn: ${unknown} yet\n`);
  let shown = 0;
  const paint = paintFor(process.stdout, process.env);
  const release = onInterrupt(() => {});
  const showing: Showing = {
    follow,
    filter: new Filter({ worker, level }),
    show(line) {
      shown++;
      print(json ? JSON.stringify(line) : lineText(line, paint, Date.now()));
    },
    // A control socket with a path of its own is the new master's now.
    find: (pid) => findMaster(which.control === undefined ? { pid } : which, process.env),
  };
  await showLines(socket, lines ?? (follow ? LINES_BEFORE : Number.POSITIVE_INFINITY), showing);
  release();
  // A slot that a scale has taken away may have lines.
  if (!follow && shown === 0 && lines !== 0 && unknown !== undefined)
    throw new TshornError('ERR_CONTROL', unknown, { fix: 'type: tshorn status' });
  if (follow) process.stderr.write('tshorn: the master has ended\n');
  return 0;
}

/** Says so where the server has no such slot. */
async function unknownWorker(socket: string, slot: number): Promise<string | undefined> {
  const { size } = (await statusOf(socket)) ?? {};
  if (size === undefined || slot < size) return undefined;
  return `there is no worker ${slot}; ${size === 1 ? 'the only one is 0' : `the workers are 0 to ${size - 1}`}`;
}

interface Showing {
  readonly follow: boolean;
  readonly filter: Filter;
  show(line: LogLine): void;
  /** Finds the control socket of the new master of a re-exec. */
  find(pid: number): Promise<string>;
}

/**
 * Shows the lines of one master until it ends, and those of each new master that takes over from it: the old one drains
 * meanwhile, and its lines go on.
 * @param most how many of the lines that are there are shown
 */
async function showLines(socket: string, most: number, showing: Showing): Promise<void> {
  const { follow, filter, show, find } = showing;
  let before: LogLine[] | undefined = [];
  let next: Promise<void> | undefined;
  const showBefore = () => {
    for (const line of most === 0 ? [] : (before?.slice(-most) ?? [])) show(line);
    before = undefined;
  };
  for await (const line of linesOf(socket, follow)) {
    if (line === 'now') {
      showBefore();
      continue;
    }
    if (filter.shows(line)) before ? before.push(line) : show(line);
    if (before || !isTakenOver(line)) continue;
    next = find(line.pid).then((at) => showLines(at, Number.POSITIVE_INFINITY, showing));
    // It is thrown below, when the old master has ended.
    next.catch(() => {});
  }
  showBefore();
  await next;
}

/** One request: the lines that are there, and with `follow` those that come, after an empty one. */
async function* linesOf(socket: string, follow: boolean): AsyncGenerator<LogLine | 'now', void, undefined> {
  // A log may be silent for days.
  const lines = follow
    ? textLines(socket, '/logs?follow=1', undefined, { silentMs: 0 })
    : textLines(socket, '/logs');
  for await (const line of lines) {
    if (line === '') yield 'now';
    else yield JSON.parse(line) as LogLine;
  }
}

/** The old master says so when it drains. */
const isTakenOver = (line: LogLine): line is LogLine & { readonly pid: number } =>
  line.event === 're-exec-finished' && line.outcome === 'committed' && line.pid !== undefined;
