import type { ReloadPlan } from '@tshorn/core';
import type { DryRun } from '@tshorn/master';
import { print } from '../style.ts';
import { ask } from './client.ts';
import { forecastText } from './dry-run-view.ts';

/** `tshorn reload --dry-run`: prints the plan of a reload. Resolves with 0. */
export async function dryRun(
  socket: string,
  { json, plan }: { readonly json: boolean; readonly plan?: ReloadPlan | undefined },
): Promise<number> {
  const value = (await ask(socket, plan ? `/plan?plan=${plan}` : '/plan')) as DryRun;
  print(json ? JSON.stringify(value, null, 2) : forecastText(value, process.stdout.columns));
  return 0;
}
