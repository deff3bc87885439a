/** Measures the time from a save to the first answer of the new code, and the requests that fail meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Asker } from '../load/asker.mjs';
import { median, quantile } from '../measure/stats.mjs';
import { kinds, startUpOf, Watcher } from '../measure/watchers.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, ms, table, verdict } from '../report/table.mjs';

const ASK_EVERY_MS = 5;
/** A save that is not served by then is given up. */
const GIVE_UP_MS = 30_000;
/** The work of the server after its first answer, such as a drain, is over by then. */
const AFTER_MS = 400;
/** The time that tshorn may add to the start-up of the app. */
const MORE_MS = 150;

async function measureOne(watcher, version) {
  const asker = new Asker(watcher.port, ASK_EVERY_MS);
  await sleep(100);
  const served = asker.served(version);
  const start = performance.now();
  watcher.save(version);
  const at = await Promise.race([served, sleep(GIVE_UP_MS)]);
  await sleep(AFTER_MS);
  await asker.stop();
  if (at === undefined) throw new Error(`${watcher.name} does not serve the save\n${watcher.errors}`);
  return { tookMs: at - start, failed: asker.failed, asked: asker.asked };
}

/** All of them are up during the whole run, and take turns in an order that rotates. */
async function measure(startMs, saves) {
  const watchers = await Promise.all(kinds().map((kind) => Watcher.start(kind, startMs)));
  const samples = Object.fromEntries(watchers.map(({ name }) => [name, []]));
  const starts = [];
  try {
    // Save 0 fills the caches: its figures are dropped.
    for (let round = 0; round <= saves; round++) {
      const start = await startUpOf(startMs);
      if (round > 0) starts.push(start);
      for (let turn = 0; turn < watchers.length; turn++) {
        const watcher = watchers[(turn + round) % watchers.length];
        const sample = await measureOne(watcher, `${round + 1}`);
        if (round > 0) samples[watcher.name].push(sample);
      }
    }
  } finally {
    await Promise.all(watchers.map((watcher) => watcher.stop()));
  }
  return { starts, samples };
}

/** @param {{saves: number}} options */
export async function watch({ saves }) {
  const figures = {};
  const targets = [];
  for (const [what, startMs] of /** @type {const} */ ([
    ['a trivial app', 0],
    ['an app that waits for 1 s while it starts', 1000],
  ])) {
    const { starts, samples } = await measure(startMs, saves);
    report(what, saves, starts, samples);
    const own = samples['tshorn --watch'];
    // Neighbours in time share the machine's mood.
    const more = median(took(own).map((value, round) => value - starts[round]));
    const failed = own.reduce((sum, sample) => sum + sample.failed, 0);
    targets.push(
      {
        what: `${what}: ${ms(more)} more than its start-up, median of the rounds (target ${MORE_MS} ms)`,
        met: more <= MORE_MS,
      },
      { what: `${what}: ${failed} failed requests (target 0)`, met: failed === 0, must: true },
    );
    figures[what] = { starts, samples };
  }
  for (const { what, met } of targets) console.log(verdict(what, met));
  console.log(`\n${save('watch.json', { machine: machine(), saves, targets, figures })}`);
  return targets.every(({ met, must }) => met || !must);
}

const took = (samples) => samples.map(({ tookMs }) => tookMs);

function report(what, saves, starts, samples) {
  const quantiles = (values) => [0.5, 0.95, 1].map((q) => ms(quantile(values, q)));
  const rows = Object.entries(samples).map(([name, own]) => {
    const failures = own.map(({ failed }) => failed);
    const asked = own.reduce((sum, sample) => sum + sample.asked, 0);
    const all = failures.reduce((sum, count) => sum + count, 0);
    return [name, ...quantiles(took(own)), fixed(all / own.length, 1), Math.max(...failures), asked];
  });
  const head = ['', 'p50', 'p95', 'max', 'failed per save', 'most', 'requests'];
  const title = `From a save to the first answer of the new code, ${saves} saves: ${what}`;
  console.log(`\n${table(head, [...rows, ['start-up by node', ...quantiles(starts)]], title)}`);
}
