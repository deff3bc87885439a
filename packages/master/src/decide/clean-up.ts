/**
 * The app's own clean-up, between the end of a drain and the end of the process. One that fails costs no request: it is
 * reported with its worker and in the verdict of the operation or the stop, and fails neither.
 */
import type { Draft } from './draft.ts';
import type { Event } from './events.ts';
import type { WorkerRecord } from './model.ts';

type Exit = Pick<Extract<Event, { type: 'worker-exited' }>, 'code' | 'signal' | 'words'>;

/** A clean-up may end with the signal that began it, raised again (NestJS, signal-exit), or with its exit code. */
const RAISED = new Set<string | number | null>(['SIGTERM', 'SIGINT', 143, 130]);

/** True for the end of a worker that was asked to leave, and did. */
export const hasLeft = (
  drained: true | undefined,
  { code, signal }: Pick<Exit, 'code' | 'signal'>,
): boolean => code === 0 || (drained === true && RAISED.has(signal ?? code));

/** Reports the end of a worker that was asked to leave. `inFlight`: of one that has told nothing about its requests. */
export function left(
  draft: Draft,
  worker: WorkerRecord,
  { code, signal, words }: Exit,
  inFlight: { readonly inFlight?: number },
): void {
  const how = signal ? `ended by ${signal}` : `exit code ${code}`;
  if (hasLeft(worker.drained, { code, signal })) {
    return draft.reportOf(worker, { event: 'exited', level: 'info', text: how });
  }
  const reason = words ?? how;
  const text = `${worker.drained ? 'clean-up failed' : 'ended before it had drained'}: ${reason}`;
  if (worker.drained) cleanUpFailed(draft, reason);
  draft.reportOf(worker, { event: 'exited', level: 'warn', text, ...inFlight });
}

/** The worker is still there at its deadline. Returns the reason why it is killed. */
export function neverLeft(draft: Draft, worker: WorkerRecord): string {
  if (worker.failure) return 'still there after its last drain (--crash-grace)';
  if (!worker.drained) return 'still there after its grace period';
  const reason = "the app's own clean-up did not end within the grace period (--grace)";
  cleanUpFailed(draft, reason);
  return `drained, and ${reason}: look at its SIGTERM listeners`;
}

function cleanUpFailed({ state }: Draft, reason: string): void {
  const verdict = state.stop ?? state.running;
  if (!verdict) return;
  const before = verdict.cleanUps;
  verdict.cleanUps = { failed: (before?.failed ?? 0) + 1, reason: before?.reason ?? reason };
}
