/** Reloads under load, with handoff and without, and what clients noticed of each. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { figuresOf } from '../measure/reload-figures.mjs';
import { reloadRun } from '../measure/reload-run.mjs';
import { median } from '../measure/stats.mjs';
import { machine, save } from '../report/save.mjs';
import { ms, table, verdict, whole } from '../report/table.mjs';
import { timeline } from '../report/timeline.mjs';

const slowStart = fileURLToPath(new URL('../apps/slow-start.mjs', import.meta.url));
const ways = {
  handoff: { name: 'tshorn', flags: [] },
  closing: { name: 'tshorn --no-handoff', flags: ['--no-handoff'] },
};
const short = (value) => ms(value).replace(' ms', '');
const three = ({ p50, p99, max }) => [p50, p99, max].map(short).join(' / ');

/** @param {{workers: number, reloads: number, rate: number, seconds: number, app?: string}} options */
export async function reload({ app, ...options }) {
  const file = app ? path.resolve(app) : slowStart;
  const runs = {};
  const figures = {};
  for (const [key, { name, flags }] of Object.entries(ways)) {
    process.stderr.write(`${name}\n`);
    runs[key] = await reloadRun(file, options, flags);
    figures[key] = figuresOf(runs[key]);
  }
  const { workers, reloads, rate } = options;
  console.log(
    `\n${reloads} reloads of ${workers} workers under ${rate} requests/s, half of them on a new connection each\n`,
  );
  console.log(compare(figures));
  for (const key of Object.keys(ways)) console.log(details(key, figures[key]));

  const promises = judge(figures, options);
  for (const { what, met } of promises) console.log(verdict(what, met));
  const { announced, unannounced } = figures.closing;
  console.log(
    `          without handoff: ${announced} connections closed as announced, ${unannounced} after their linger`,
  );
  const reloadsOf = Object.fromEntries(Object.keys(ways).map((key) => [key, runs[key].reloads]));
  const result = { machine: machine(), options, promises, reloads: reloadsOf, ...figures };
  const picture = save('reload.svg', timeline(runs.handoff, options));
  console.log(`\n${save('reload.json', result)}, ${picture}`);
  return promises.every(({ met }) => met);
}

function compare(figures) {
  const head = ['', ...Object.values(ways).map(({ name }) => name)];
  const row = (what, of) => [what, ...Object.keys(ways).map((key) => of(figures[key]))];
  return table(head, [
    row('requests answered', ({ answered }) => whole(answered)),
    row('requests failed', ({ failed }) => failed),
    row('keep-alive connections closed, unannounced', ({ unannounced }) => unannounced),
    row('keep-alive connections closed, announced', ({ announced }) => announced),
    row('connections moved', ({ moved }) => whole(moved)),
    row('latency before, p50 / p99 / max, ms', ({ latency }) => three(latency.before)),
    row('latency during, p50 / p99 / max, ms', ({ latency }) => three(latency.during)),
    row('latency after, p50 / p99 / max, ms', ({ latency }) => three(latency.after)),
    row('time of a reload, median', ({ tookMs }) => ms(median(tookMs))),
  ]);
}

function details(key, { clients }) {
  const kinds = /** @type {const} */ (['answered', 'refused', 'reset', 'timeout', 'non-2xx']);
  const head = ['client', ...kinds, 'closed, announced', 'unannounced', 'p99 before', 'during', 'after'];
  const rows = clients.map((client) => [
    client.name,
    ...kinds.map((kind) => whole(client[kind])),
    client.announced,
    client.unannounced,
    ...Object.values(client.latency).map(({ p99 }) => ms(p99)),
  ]);
  return table(head, rows, ways[key].name);
}

/** With handoff nothing may be closed; without, what was idle may. */
function judge({ handoff, closing }, { workers, reloads }) {
  const closed = handoff.announced + handoff.unannounced;
  const of = (key, { failed, leastReady, committed, tookMs }) => [
    { what: `${ways[key].name}: failed requests: ${failed}`, met: failed === 0 },
    {
      what: `${ways[key].name}: least ready workers: ${leastReady} of ${workers}`,
      met: leastReady >= workers,
    },
    {
      what: `${ways[key].name}: reloads committed: ${committed} of ${reloads}, in ${tookMs.map(ms).join(', ')}`,
      met: committed === reloads,
    },
  ];
  return [
    { what: `tshorn: connections that the server closed: ${closed}`, met: closed === 0 },
    ...of('handoff', handoff),
    ...of('closing', closing),
  ];
}
