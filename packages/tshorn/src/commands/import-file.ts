/** `tshorn import`: prints what @tshorn/setup has done. */
import { importEcosystem, renderReport } from '@tshorn/setup';
import { workingDirectory } from '../surroundings.ts';
import { paintFor, print } from './style.ts';

interface Values {
  readonly file: string | undefined;
  readonly env: string | undefined;
  readonly only: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Wider lines are hard to read. */
const WIDEST = 100;

export async function importFile({ file, env, only = '', dryRun, json }: Values): Promise<number> {
  const names = only
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const request = { file, cwd: workingDirectory(), environment: env, only: names, dryRun };
  const report = await importEcosystem(request);
  const width = Math.min(process.stdout.columns || 80, WIDEST);
  const look = { paint: paintFor(process.stdout, process.env), width, dryRun };
  print(json ? JSON.stringify(report, null, 2) : renderReport(report, look));
  return report.outcome === 'imported' ? 0 : 1;
}
