/**
 * Real packages, unmodified, by node and by tshorn: `npm run test:real [NAMES]`. Which ones, scripts/test-real.mjs
 * says in REAL_PACKAGES.
 */
import fs from 'node:fs';
import path from 'node:path';
import { cannotLoad, install, versionsOf } from './harness/install.ts';
import type { RealPackage } from './harness/real-package.ts';
import { record } from './harness/results.ts';
import { tryPackage } from './harness/trial.ts';

/** The time that tshorn may take for a stop beside that of node and the idle linger: a busy machine pauses. */
const SLACK_MS = 3_000;
const IDLE_LINGER_MS = 1_000;
const WITHIN_MS = 5 * 60_000;

const directory = path.join(__dirname, 'packages');
const chosen = (process.env.REAL_PACKAGES ?? '').split(' ').filter((name) => name !== '');
const all = fs.readdirSync(directory).flatMap((folder) => {
  const declared: RealPackage | RealPackage[] = require(path.join(directory, folder, 'case.ts')).default;
  return [declared].flat().map((one) => ({ ...one, folder }));
});
type Found = (typeof all)[number];

const answersTo = ({ name, folder, light }: Found): readonly string[] => [
  name,
  folder,
  ...(light ? ['light'] : []),
];
const unknown = chosen.filter((name) => !all.some((one) => answersTo(one).includes(name)));
if (unknown.length > 0) throw new Error(`no such package: ${unknown.join(', ')}`);

for (const one of all) {
  if (chosen.length === 0 || answersTo(one).some((name) => chosen.includes(name))) declare(one);
}

function declare(one: Found): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < (one.sinceNode ?? 20)) return skip(one, `it needs Node ${one.sinceNode}`);
  let cwd: string;
  try {
    cwd = install(one);
  } catch (error) {
    const [why] = /^npm error .*\n?.*$/m.exec(String(error)) ?? [error];
    if (one.native) return skip(one, `npm cannot install it here: ${why}`);
    test(one.name, () => {
      throw error;
    });
    return;
  }
  const reason = one.native && cannotLoad(one.native, cwd);
  if (reason) return skip(one, reason);
  const versions = versionsOf(one);
  test(
    `${one.name}: starts, answers, is reloaded and stops as by node`,
    async () => {
      try {
        const trial = await tryPackage(one, cwd);
        record(one, { versions, trial });
        judge(trial);
      } catch (error) {
        if (!(error as { matcherResult?: unknown }).matcherResult)
          record(one, { versions, error: String(error) });
        throw error;
      }
    },
    WITHIN_MS,
  );
}

function skip(one: Found, reason: string): void {
  console.warn(`${one.name} is skipped: ${reason}`);
  record(one, { versions: versionsOf(one), skipped: reason });
  test.skip(`${one.name}: ${reason}`, () => {});
}

function judge(trial: Awaited<ReturnType<typeof tryPackage>>): void {
  const { differences, failed, closed, term, cleanUps, output } = trial;
  const seen = { differences, failed, closed, code: term.tshorn.code, output };
  expect(seen).toEqual({ differences: [], failed: [], closed: [], code: 0, output });
  expect(term.tshorn.ms).toBeLessThan(term.node.ms + IDLE_LINGER_MS + SLACK_MS);
  if (cleanUps) expect(cleanUps).toEqual({ node: 1, tshorn: cleanUps.workers, workers: cleanUps.workers });
}
