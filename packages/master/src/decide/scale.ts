/**
 * A change of size as an operation: how the wishes of config, people and the scaler become one desired number and a plan.
 * Pure.
 */
import { MOST_WORKERS } from '@tshorn/core';
import { hasten } from './backoff.ts';
import { type Desired, inRange, within } from './desired.ts';
import { type Draft, infoOf } from './draft.ts';
import type { Operation } from './model.ts';
import { isGrowing, isOfScaler, type Scale } from './of-scaler.ts';
import { growSlots, type Plan, resize } from './plan.ts';
import { respawn } from './supervise.ts';
import { refuse } from './verdict.ts';

/** The numbers of workers that can be asked for. */
const WORKERS = { min: 1, max: MOST_WORKERS };

/** The last request decides the desired number; `by` names its requester. */
export function scalePlan(draft: Draft, operation: Scale): Plan {
  const { state } = draft;
  const desired = desiredBy(draft, operation);
  if (!desired) return [];
  const { workers } = desired;
  const limit = workers < WORKERS.min ? 'min' : workers > WORKERS.max ? 'max' : undefined;
  if (limit) {
    refuse(draft, operation, `ignored: the ${limit}imum is ${WORKERS[limit]}`, 'warn');
    return [];
  }
  tell(draft, operation, desired);
  state.desired = desired;
  if (workers === state.size && operation.ids) {
    // The requester waits for a notice, and no step of a plan will give one.
    const at = { size: workers, from: workers, target: workers };
    draft.report({ event: 'resized', level: 'debug', ...at, operation: infoOf(operation) });
  }
  for (const slot of hasten(draft, workers)) respawn(draft, slot);
  // Under load nobody can wait for one boot after the other.
  const side = isOfScaler(operation) && workers > state.size ? growSlots : resize;
  return side(state.size, workers, state.committed);
}

/** Undefined where the scaler has been overruled while its request waited. */
function desiredBy({ state, at }: Draft, operation: Scale): Desired | undefined {
  const { desired, size } = state;
  const { to, delta = 0, by } = operation;
  if (isOfScaler(operation)) {
    if (!desired.range || to === undefined) return undefined;
    const { why = '', patience = 0 } = operation.load ?? {};
    return { ...desired, workers: to, by, why, at, patience };
  }
  const configured = operation.back && state.settings.range;
  if (configured) return { ...inRange(within(configured, size), 'config', configured), by };
  const { range } = operation;
  if (range) return inRange(within(range, size), by, range);
  return { workers: to ?? desired.workers + delta, by };
}

/** Each decision of the scaler is one line, with its figures. */
function tell(draft: Draft, operation: Scale, { workers: to }: Desired): void {
  const { load } = operation;
  if (!load) return;
  const { reason, why } = load;
  draft.report({ event: 'scaling', level: 'info', from: draft.state.size, to, reason, text: why });
}

/**
 * The load has risen further while new workers boot: more of them boot beside these. Returns true where the operation has
 * become part of the one under way.
 */
export function joinsGrowth(draft: Draft, operation: Operation): boolean {
  const { running } = draft.state;
  if (operation.kind !== 'scale' || !isOfScaler(operation) || !running || !isGrowing(draft.state))
    return false;
  const { target = 0 } = running;
  const { to = 0 } = operation;
  if (to <= target) return true;
  const desired = desiredBy(draft, operation);
  if (!desired) return true;
  tell(draft, operation, desired);
  draft.state.desired = desired;
  running.plan = growSlots(draft.state.size, to, running.generation);
  running.target = to;
  running.next = 0;
  delete running.begun;
  return true;
}
