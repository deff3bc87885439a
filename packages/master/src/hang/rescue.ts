/**
 * Saves what a worker that hangs has: says where it is stuck, takes its connections out, and interrupts the code that is
 * stuck. Loaded when the first worker hangs.
 */
import type { Rescue } from '../decide/model.ts';
import { RESCUE_MS } from '../decide/rescue.ts';
import { Door } from './door.ts';
import { examine } from './examine.ts';
import { type Stuck, type Telling, tell } from './explain.ts';
import { isInPromiseHook } from './frames.ts';
import { interrupt } from './interrupt.ts';
import type { Session } from './session.ts';
import { turnsOrStands } from './turning.ts';
import type { Findings } from './wording.ts';

/** Native code is found out by then. */
const OPEN_MS = 1_500;
/** A busy machine takes its time, and there is something to save. */
const EXAMINE_MS = 2_500;
/** The function of worker/src/rescue. */
const HAND_OUT = `globalThis[Symbol.for('tshorn.rescue')]?.()`;
/** Time that is kept for the interruption. */
const INTERRUPT_MS = 1_500;
/** Code that was busy for long, and is not stuck, has this time to end by itself. */
const LAST_CHANCE_MS = 150;
/** Before the deadline of decide/, which knows no reason. */
const MARGIN_MS = 500;

const RUNS_AGAIN: Findings = { inspection: { stack: [] } };

/** Facts that may change meanwhile. */
export interface Meanwhile {
  /** True when the worker has given a heartbeat, or has crashed, since it was declared hung. */
  turned(): boolean;
  /** Aborted at a crash: the worker ends soon, and Node may crash where a debugger is at work then. */
  readonly crashed: AbortSignal;
  /** False where no worker will take connections (`--no-handoff`, a stop): they would only be closed. */
  takesRescued(): boolean;
}

export async function rescue(stuck: Stuck, telling: Telling, meanwhile: Meanwhile): Promise<Rescue> {
  const since = performance.now();
  const until = since + RESCUE_MS - MARGIN_MS;
  const door = new Door(stuck.worker);
  const { crashed } = meanwhile;
  crashed.addEventListener('abort', () => door.leave());
  const { findings: found, session } = await examine(stuck.worker, door, {
    openMs: OPEN_MS,
    until: since + EXAMINE_MS,
  });
  const findings = crashed.aborted ? RUNS_AGAIN : found;
  try {
    tell(stuck, findings, telling);
  } catch {
    // A log that cannot be written costs nothing that can be saved.
  }
  const result = await save(session, findings, until, meanwhile);
  if (result.outcome === 'stuck') door.leave();
  else await door.shut(telling.log);
  return result;
}

/** @param until on the clock of performance.now() */
export async function save(
  session: Session | undefined,
  findings: Findings,
  until: number,
  meanwhile: Meanwhile,
): Promise<Rescue> {
  const turning = { outcome: 'turning', rescued: 0 } as const;
  const { stack } = findings.inspection ?? {};
  if (meanwhile.turned() || stack?.length === 0) return turning;
  // A question with a promise would run the hook in which the code is stuck.
  if (session && findings.inspection && !isInPromiseHook(stack ?? [])) {
    session.resume();
    if ((await turnsOrStands(session, LAST_CHANCE_MS, until - INTERRUPT_MS)) === 'turns') return turning;
  }
  if (meanwhile.turned()) {
    session?.resume();
    return turning;
  }
  if (!session?.frames) return { outcome: 'stuck', rescued: 0, why: whyNot(findings) };
  const counts = meanwhile.takesRescued() ? await handOut(session, until - INTERRUPT_MS) : { rescued: 0 };
  const why = await interrupt(session, until);
  // The session is closed at a crash.
  if (meanwhile.crashed.aborted) return { ...turning, ...counts };
  return why === undefined ? { outcome: 'interrupted', ...counts } : { outcome: 'stuck', ...counts, why };
}

/** More than once: what the channel holds is bounded, and the master reads meanwhile. */
async function handOut(session: Session, until: number): Promise<Pick<Rescue, 'rescued' | 'left'>> {
  let rescued = 0;
  for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
    // A state that the app packs may be without an end too.
    const answer = await session.evaluate(HAND_OUT, left, { timeout: left });
    const { sent, left: rest, openRequests } = (answer ?? {}) as Record<string, unknown>;
    if (!isCount(sent)) break;
    rescued += sent;
    if (sent === 0 || rest === 0) {
      return { rescued, ...(isCount(openRequests) && isCount(rest) && { left: openRequests + rest }) };
    }
  }
  return { rescued };
}

/** The app may have replaced the function that answers. */
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function whyNot({ inspection, kernel, silentBecause }: Findings): string {
  if (inspection) return 'its debugger did not stop it in time';
  if (kernel?.state === 'T') return 'a signal has stopped it';
  if (kernel?.state === 't') return 'a debugger has stopped it';
  if (kernel?.state === 'D') return 'it waits in the kernel';
  if (silentBecause === 'disable-sigusr1') return '--disable-sigusr1 keeps its debugger from opening';
  return 'native code: its debugger did not answer';
}
