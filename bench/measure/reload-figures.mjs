/** Sums up a run of reloads in figures. */
import { quantile } from './stats.mjs';

const phases = /** @type {const} */ (['before', 'during', 'after']);
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** The fewest ready workers between two moments. */
function leastReady({ ready, from, to }) {
  const before = ready.filter(({ at }) => at <= from).at(-1);
  const within = ready.filter(({ at }) => at > from && at <= to);
  return Math.min(...[before, ...within].map((step) => step?.ready ?? 0));
}

/** A request belongs to the reload when any part of its time does. */
function phaseOf({ at, ms }, reloads) {
  if (reloads.some((reload) => at >= reload.from && at - ms <= reload.to)) return 'during';
  return at < reloads[0].from ? 'before' : 'after';
}

/** p50, p99 and the slowest, in each phase. */
function latencyOf(samples, { from, reloads }) {
  const took = { before: [], during: [], after: [] };
  for (const sample of samples) if (sample.at >= from) took[phaseOf(sample, reloads)].push(sample.ms);
  const figures = (all) => ({ p50: quantile(all, 0.5), p99: quantile(all, 0.99), max: quantile(all, 1) });
  return Object.fromEntries(phases.map((phase) => [phase, figures(took[phase])]));
}

/** @param {import('./reload-run.mjs').Run} run */
export function figuresOf(run) {
  const { tallies, reloads, lines } = run;
  const planned = tallies.filter(({ name }) => name.startsWith('planned'));
  return {
    answered: sum(tallies.map(({ answered }) => answered)),
    failed: sum(tallies.map(({ failed }) => failed)),
    announced: sum(tallies.map(({ announced }) => announced)),
    unannounced: sum(tallies.map(({ unannounced }) => unannounced)),
    moved: sum(lines.map(({ event, moved }) => (event === 'drained' ? (moved ?? 0) : 0))),
    leastReady: leastReady(run),
    committed: reloads.filter(({ outcome }) => outcome === 'committed').length,
    tookMs: reloads.map(({ tookMs }) => tookMs),
    latency: latencyOf(
      planned.flatMap(({ samples }) => samples),
      run,
    ),
    clients: tallies.map(({ samples, ...tally }) => ({
      ...tally,
      requests: samples.length,
      latency: latencyOf(samples, run),
    })),
  };
}
