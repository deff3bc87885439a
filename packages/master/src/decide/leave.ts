/**
 * Leaving the balancer by command (`tshorn leave`), until `tshorn stay` or a stop. The server works as before, reloads
 * and replacements included; it only asks for no new traffic: /ready, the agent and the status path of the workers say so.
 */
import type { Draft } from './draft.ts';
import type { State, WorkerRecord } from './model.ts';

export function leave(draft: Draft, by: string): void {
  const { state, at } = draft;
  const refusal = isStopping(state)
    ? 'the server is stopping'
    : state.left && `the server is leaving already, by ${state.left.by}`;
  if (refusal) return note(draft, `leave by ${by} ignored: ${refusal}`);
  state.left = { by, at };
  const text = `by ${by}, until tshorn stay; all requests are still served`;
  draft.report({ event: 'leaving', level: 'info', text });
  for (const worker of draft.workers) announceLeaving(draft, worker);
}

export function stay(draft: Draft, by: string): void {
  const { state, at } = draft;
  const refusal = isStopping(state) ? 'the server is stopping' : !state.left && 'the server is not leaving';
  if (refusal || !state.left) return note(draft, `stay by ${by} ignored: ${refusal}`);
  draft.report({ event: 'staying', level: 'info', by, tookMs: at - state.left.at });
  delete state.left;
  // One that is parked may serve again.
  for (const worker of draft.workers) {
    if (!worker.toldLeaving) continue;
    delete worker.toldLeaving;
    draft.effects.push({ do: 'announce-staying', serial: worker.serial });
  }
}

/** Tells a worker in service that the server leaves, or stops soon; also one that comes into service meanwhile. */
export function announceLeaving({ state, effects }: Draft, worker: WorkerRecord): void {
  if (!state.left && state.phase !== 'leaving') return;
  if (worker.state !== 'ready' || worker.toldLeaving) return;
  worker.toldLeaving = true;
  effects.push({ do: 'announce-leaving', serial: worker.serial });
}

const isStopping = ({ phase }: State): boolean =>
  phase === 'leaving' || phase === 'draining' || phase === 'stopped';

const note = (draft: Draft, text: string): void => draft.report({ event: 'noted', level: 'info', text });
