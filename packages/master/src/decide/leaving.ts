/**
 * The time between a graceful stop and its drain (`--stop-delay`): the world is told, and served until it has
 * noticed. Workers that crash are replaced; a reload that was under way goes on; nothing new begins.
 */
import type { Draft } from './draft.ts';
import type { State, StopMode, WorkerRecord } from './model.ts';

/** Whether a stop is told before it begins. Asked for once more, it begins. */
export const isToldFirst = ({ phase, settings }: State, mode: StopMode): boolean =>
  mode === 'graceful' && phase === 'running' && settings.stopDelay > 0;

export function beginLeaving(draft: Draft, by: string): void {
  const { state } = draft;
  state.phase = 'leaving';
  state.stopBy = by;
  state.queue = [];
  const { stopDelay } = state.settings;
  draft.setTimer('leaving', stopDelay);
  const text = `graceful stop by ${by} in ${stopDelay / 1000} s (--stop-delay); once more begins it now`;
  draft.tell({ event: 'leaving', level: 'info', text });
  for (const worker of draft.workers) announceLeaving(draft, worker);
}

/** To a worker in service, and to one that comes into service meanwhile. */
export function announceLeaving({ state, effects }: Draft, { serial, state: is }: WorkerRecord): void {
  if (state.phase === 'leaving' && is === 'ready') effects.push({ do: 'announce-leaving', serial });
}
