/** Workers that take long to boot: what a reload of them costs those that serve, and what a warm-up saves. */
import { firstRequests } from '../measure/first-requests.mjs';
import { slowBootRun } from '../measure/slow-boot-run.mjs';
import { median, quantile } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, ms, table, verdict, whole } from '../report/table.mjs';

const MOST_CANARY = 0.7;
const MOST_SLOWER = 2;
const MOST_COLD = 1.5;

const plans = {
  rolling: ['--reload-plan', 'rolling'],
  canary: ['--reload-plan', 'canary', '--canary-time', '1s', '--canary-inconclusive', 'pass'],
};
const nices = [10, 0];

/** Each of the app's 25 pages eight times: filled once, and compiled by the others. */
const WARM_UP = ['--warm-up', '/', '--warm-up-requests', '200'];

/** @param {{workers: number, rate: number, seconds: number, reloads: number, rounds: number}} options */
export async function slowBoot({ rounds, reloads: repeats, ...options }) {
  const runs = [];
  // In turns: the machine's mood changes from minute to minute.
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const nice of nices) {
      for (const [plan, flags] of Object.entries(plans)) {
        process.stderr.write(`--reload-plan ${plan} --boot-nice ${nice}\n`);
        const run = await slowBootRun(options, [...flags, '--boot-nice', String(nice)]);
        runs.push({ plan, nice, ...run });
      }
    }
  }
  const reloads = runs.slice(0, runs.length / repeats).map(({ plan, nice }) => {
    const same = runs.filter((run) => run.plan === plan && run.nice === nice);
    return { plan, nice, ...summary(same) };
  });
  process.stderr.write('warm-up\n');
  const warm = figures(await firstRequests(rounds, WARM_UP));
  const cold = figures(await firstRequests(rounds, []));

  console.log(`\n${reloadTable(reloads, options)}`);
  console.log(warmTable({ warm, cold }, rounds));
  const promises = reloads.map(({ plan, nice, failed, outcomes }) => ({
    what: `${plan}, boot-nice ${nice}: ${outcomes.join(', ')}; requests failed and connections closed: ${failed}`,
    met: failed === 0 && outcomes.every((outcome) => outcome === 'committed'),
  }));
  const targets = targetsOf(reloads, warm);
  for (const { what, met } of [...promises, ...targets]) console.log(verdict(what, met));
  const result = {
    machine: machine(),
    options: { ...options, reloads: repeats, rounds },
    promises,
    targets,
    reloads,
    warm,
    cold,
  };
  console.log(`\n${save('slow-boot.json', result)}`);
  return promises.every(({ met }) => met);
}

function reloadTable(reloads, { workers, rate }) {
  const head = ['reload', 'took', 'steady p50', 'p99', 'slowest', 'reload p50', 'p99', 'slowest', 'p99 ×'];
  const rows = reloads.map(({ plan, nice, tookMs, steady, during }) => [
    `${plan}, --boot-nice ${nice}`,
    ms(tookMs),
    ...[steady.p50, steady.p99, steady.max, during.p50, during.p99, during.max].map((value) => ms(value)),
    fixed(during.p99 / steady.p99, 2),
  ]);
  const title = `${workers} workers whose boot takes 3 s of CPU, ${rate} requests/s beside them, from the planned moment`;
  return table(head, rows, title);
}

const of = (all) => {
  const [p50, p99, max] = [0.5, 0.99, 1].map((q) => quantile(all, q));
  return { requests: all.length, p50, p99, max };
};

/** All reloads of one kind: their requests together. */
const summary = (same) => ({
  tookMs: median(same.map(({ tookMs }) => tookMs)),
  outcomes: same.map(({ outcome, reason }) => (reason ? `${outcome} (${reason})` : outcome)),
  failed: same.reduce((sum, { failed }) => sum + failed, 0),
  steady: of(same.flatMap(({ steady }) => steady)),
  during: of(same.flatMap(({ during }) => during)),
});

const figures = ({ first, long, tookMs }) => ({
  first: of(first),
  long: of(long),
  reloadMs: median(tookMs),
});

function warmTable({ warm, cold }, rounds) {
  const row = (name, { requests, p50, p99, max }, long, reloadMs) => [
    name,
    whole(requests),
    ...[p50, p99, max].map((value) => ms(value)),
    fixed(p99 / long.p99, 2),
    reloadMs === undefined ? '' : ms(reloadMs),
  ];
  const rows = [
    row('new, with --warm-up', warm.first, warm.long, warm.reloadMs),
    row('the same, long-running', warm.long, warm.long),
    row('new, without', cold.first, cold.long, cold.reloadMs),
    row('the same, long-running', cold.long, cold.long),
  ];
  const head = ['worker', 'requests', 'p50', 'p99', 'slowest', 'p99 ×', 'reload took'];
  return table(head, rows, `The first 100 requests of ${rounds} new workers, one after the other`);
}

function targetsOf(reloads, warm) {
  const targets = [];
  for (const nice of nices) {
    const [rolling, canary] = Object.keys(plans).map((plan) =>
      reloads.find((run) => run.plan === plan && run.nice === nice),
    );
    const ratio = canary.tookMs / rolling.tookMs;
    targets.push({
      what: `boot-nice ${nice}: canary took ${fixed(ratio, 2)} of rolling (target ${MOST_CANARY})`,
      met: ratio <= MOST_CANARY,
    });
  }
  for (const { plan, nice, steady, during } of reloads) {
    const ratio = during.p99 / steady.p99;
    targets.push({
      what: `${plan}, boot-nice ${nice}: p99 during the reload ${fixed(ratio, 2)} of the steady one (target ${MOST_SLOWER})`,
      met: ratio <= MOST_SLOWER,
    });
  }
  const ratio = warm.first.p99 / warm.long.p99;
  targets.push({
    what: `with --warm-up: p99 of the first 100 requests ${fixed(ratio, 2)} of a long-running worker's (target ${MOST_COLD})`,
    met: ratio <= MOST_COLD,
  });
  return targets;
}
