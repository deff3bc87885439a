/** Gathers the figures for a dry run: the workers in service, their boot times and their memory. */

import type { Config } from '@tshorn/config';
import type { ReloadPlan } from '@tshorn/core';
import { type DryRun, dryRun } from './decide/dry-run.ts';
import type { State } from './decide/model.ts';
import { residentBytes } from './os/proc.ts';

export type { DryRun };

/** @param kind the plan; default: the plan of the config */
export function dryRunOf(
  { workers, size, lastGeneration, settings }: State,
  config: Config,
  kind?: ReloadPlan,
) {
  const serving = Object.values(workers).filter(({ state }) => state === 'ready');
  const sizes = serving.flatMap(({ pid }) => (pid === undefined ? [] : residentBytes(pid))).filter(isKnown);
  return dryRun({
    size,
    generation: lastGeneration + 1,
    shape: { ...settings.reload, kind: kind ?? settings.reload.kind },
    bootMs: serving.map(({ bootMs }) => bootMs).filter(isKnown),
    residentBytes: sizes.length > 0 ? sizes : undefined,
    canaryMs: config.canaryTime,
    graceMs: settings.grace,
  });
}

const isKnown = (value: number | undefined): value is number => value !== undefined;
