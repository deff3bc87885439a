/**
 * Saves what a worker that hangs has: says where it is stuck, takes its connections out, and interrupts the code that is
 * stuck. Loaded when the first worker hangs.
 */

import type { Rescue } from '../decide/events.ts';
import { RESCUE_MS } from '../decide/rescue.ts';
import { examine } from './examine.ts';
import { type Stuck, type Telling, tell } from './explain.ts';
import { interrupt } from './interrupt.ts';
import type { Session } from './session.ts';
import type { Findings } from './wording.ts';

const MARK = `globalThis[Symbol.for('tshorn.stuck')]?.mark()`;
const HAND_OUT = `globalThis[Symbol.for('tshorn.rescue')]?.()`;
/** Not at once: it waits until the session has ended, which is ours. */
const CLOSE = `setImmediate(() => process.getBuiltinModule('node:inspector').close()), true`;
const MARK_MS = 1_000;
const HAND_OUT_MS = 1_000;
const CLOSE_MS = 1_000;
/** Before the deadline of decide/, which kills without a reason. */
const MARGIN_MS = 500;

/** @param turned true when the worker has given a heartbeat since it was declared hung */
export async function rescue(stuck: Stuck, telling: Telling, turned: () => boolean): Promise<Rescue> {
  const until = performance.now() + RESCUE_MS - MARGIN_MS;
  const { findings, session } = await examine(stuck.worker, telling.withinMs);
  try {
    tell(stuck, findings, telling);
  } catch {
    // A log that cannot be written costs nothing that can be saved.
  }
  if (!session?.frames) {
    session?.close();
    const turns = turned() || findings.inspection?.stack?.length === 0;
    return turns
      ? { outcome: 'turning', rescued: 0 }
      : { outcome: 'stuck', rescued: 0, why: whyNot(findings) };
  }
  await session.evaluate(MARK, MARK_MS, { timeout: MARK_MS });
  const counts = await handOut(session, until);
  const why = await interrupt(session, until);
  if (why === undefined) await session.evaluate(CLOSE, CLOSE_MS);
  session.close();
  return why === undefined ? { outcome: 'interrupted', ...counts } : { outcome: 'stuck', ...counts, why };
}

interface Counts {
  readonly rescued: number;
  readonly left?: number;
}

/** In batches: what the channel holds at once is bounded, and the master reads meanwhile. */
async function handOut(session: Session, until: number): Promise<Counts> {
  let rescued = 0;
  let left: number | undefined;
  while (performance.now() < until) {
    const answer = await session.evaluate(HAND_OUT, HAND_OUT_MS, { timeout: HAND_OUT_MS });
    const batch = (answer ?? {}) as { sent?: unknown; left?: unknown };
    if (typeof batch.sent !== 'number' || typeof batch.left !== 'number') break;
    rescued += batch.sent;
    left = batch.left;
    if (batch.sent === 0 || left === 0) break;
  }
  return { rescued, ...(left !== undefined && { left }) };
}

function whyNot({ kernel, silentBecause }: Findings): string {
  if (kernel?.state === 'T') return 'it is stopped by a signal';
  if (silentBecause === 'disable-sigusr1') return '--disable-sigusr1';
  return 'native code: its debugger did not answer';
}
