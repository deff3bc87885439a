import type { DryRun } from '@tshorn/master';
import type { Run } from './asking.ts';
import { ask } from './client.ts';
import { forecastText } from './dry-run-view.ts';
import { print } from './style.ts';

/** `tshorn reload --dry-run`: prints the plan of a reload. Resolves with 0. */
export const dryRun: Run = async (socket, { json, plan }) => {
  const value = (await ask(socket, plan ? `/plan?plan=${plan}` : '/plan')) as DryRun;
  print(json ? JSON.stringify(value, null, 2) : forecastText(value));
  return 0;
};
