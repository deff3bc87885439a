/** The stream that `tshorn top` reads, over as many connections as it takes: a master that ends may be followed by another. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TshornError } from '@tshorn/core';
import type { Snapshot } from '@tshorn/master';
import { sentEvents } from '../client.ts';
import type { Told } from './picture.ts';

const AGAIN_MS = 1_000;

export interface Reader {
  snapshot(snapshot: Snapshot): void;
  notice(notice: Told): void;
  /** The connection is lost; the next snapshot says that there is one again. */
  lost(reason: string): void;
}

/** Reads one connection until it ends. @throws TshornError when the master cannot be asked */
export async function readEvents(socket: string, reader: Reader, signal: AbortSignal): Promise<void> {
  for await (const { event, data } of sentEvents(socket, '/events', { signal })) {
    if (event === 'snapshot') reader.snapshot(data as Snapshot);
    if (event === 'notice') reader.notice(data as Told);
  }
}

/**
 * Reads until it is aborted.
 * @param find finds the socket of the master again; the new master of a re-exec has another one
 */
export async function keepReading(
  find: (pid?: number) => Promise<string>,
  reader: Reader,
  signal: AbortSignal,
): Promise<void> {
  let newMaster: number | undefined;
  const watching: Reader = {
    ...reader,
    snapshot: (snapshot) => reader.snapshot(snapshot),
    notice(notice) {
      const { event, outcome, pid } = notice;
      if (event === 're-exec-finished' && outcome === 'committed') newMaster = Number(pid);
      reader.notice(notice);
    },
  };
  while (!signal.aborted) {
    let reason = 'the master has ended';
    try {
      await readEvents(await find(newMaster), watching, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TshornError)) throw error;
      reason = error.message;
    }
    if (signal.aborted) return;
    reader.lost(`${reason}; looking for it again`);
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}
