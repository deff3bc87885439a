/** The stream that `tshorn top` reads, over as many connections as it takes: a master that ends may be followed by another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TshornError } from '@tshorn/core';
import type { Snapshot } from '@tshorn/master';
import { isLate, sentEvents, textLines } from '../client.ts';
import { type LogLine, levelName } from '../logs/line.ts';
import type { Told } from './picture.ts';

const AGAIN_MS = 1_000;

export interface Reader {
  snapshot(snapshot: Snapshot): void;
  notice(notice: Told): void;
  /** The connection is lost; the next snapshot says that there is one again. */
  lost(reason: string): void;
}

/** What the log has of the time before: for the events, as the lines of the log. Never rejects. */
export async function eventsBefore(socket: string): Promise<Told[]> {
  const told: Told[] = [];
  try {
    for await (const text of textLines(socket, '/logs')) {
      const { event, level, ...line } = JSON.parse(text) as LogLine;
      if (event !== undefined) told.push({ ...line, event, level: levelName(level) });
    }
  } catch {
    // A master that cannot be asked for them says so when it is asked for the figures.
  }
  return told;
}

/** Reads one connection until it ends. @throws TshornError when the master cannot be asked */
export async function readEvents(socket: string, reader: Reader, signal: AbortSignal): Promise<void> {
  for await (const { event, data } of sentEvents(socket, '/events', { signal })) {
    if (event === 'snapshot') reader.snapshot(data as Snapshot);
    if (event === 'notice') reader.notice(data as Told);
  }
}

/**
 * Reads until it is aborted. The new master of a re-exec is read as soon as it serves: the old one only drains.
 * @param find finds the socket of the master again, or that of the new master with this pid
 */
export async function keepReading(
  find: (newMaster?: number) => Promise<string>,
  reader: Reader,
  signal: AbortSignal,
): Promise<void> {
  let newMaster: number | undefined;
  while (!signal.aborted) {
    const replaced = new AbortController();
    const notice = (told: Told) => {
      reader.notice(told);
      const { event, outcome, pid } = told;
      if (event !== 're-exec-finished' || outcome !== 'committed') return;
      newMaster = Number(pid);
      replaced.abort();
    };
    let reason = 'the master has ended';
    try {
      const either = AbortSignal.any([signal, replaced.signal]);
      await readEvents(await find(newMaster), { ...reader, notice }, either);
    } catch (error) {
      if (signal.aborted) return;
      if (replaced.signal.aborted) continue;
      if (!(error instanceof TshornError)) throw error;
      // The socket's path would fill the line.
      reason = isLate(error) ? 'it does not answer, and may be stopped' : error.message;
    }
    if (signal.aborted) return;
    reader.lost(reason);
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}
