/** Gathers the figures for a dry run: the workers in service, their boot times and their memory. */

import type { Config } from '@tshorn/config';
import type { ReloadPlan } from '@tshorn/core';
import { type DryRun, dryRun } from './decide/dry-run.ts';
import type { State } from './decide/model.ts';
import { usesAuto } from './decide/plan.ts';
import { autoSurge } from './decide/surge.ts';
import { residentBytes } from './os/proc.ts';
import { roomOf } from './os/room.ts';

export type { DryRun };

/** @param kind the plan; default: the plan of the config */
export async function dryRunOf(
  { workers, size, lastGeneration, settings }: State,
  config: Config,
  kind?: ReloadPlan,
) {
  const serving = Object.values(workers).filter(({ state }) => state === 'ready');
  const sizes = serving.flatMap(({ pid }) => (pid === undefined ? [] : residentBytes(pid))).filter(isKnown);
  const shape = { ...settings.reload, kind: kind ?? settings.reload.kind };
  const pids = Object.values(workers).flatMap(({ pid }) => pid ?? []);
  const room = usesAuto(shape) && size > 1 ? await roomOf(pids) : undefined;
  return dryRun({
    size,
    generation: lastGeneration + 1,
    shape: { ...shape, auto: autoSurge(size, serving, room) },
    boots: serving,
    ...(room && { room }),
    residentBytes: sizes.length > 0 ? sizes : undefined,
    canaryMs: config.canaryTime,
    graceMs: settings.grace,
  });
}

const isKnown = (value: number | undefined): value is number => value !== undefined;
