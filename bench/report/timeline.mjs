/** The reload as a picture: throughput, latency and ready workers over time, in one SVG. */
import { quantile } from '../measure/stats.mjs';
import { Panel, text } from './panel.mjs';

const BUCKET_MS = 250;
const WIDTH = 1200;
const LEFT = 86;
const RIGHT = 28;
const colours = {
  fill: '#cfe3f7',
  line: '#2b6cb0',
  median: '#2f855a',
  max: '#c05621',
  failed: '#c53030',
  band: '#f3efe2',
  ready: '#553c9a',
};
const steps = {
  spawned: { colour: '#a0aec0', what: 'worker spawned' },
  ready: { colour: '#2f855a', what: 'worker ready' },
  draining: { colour: '#dd6b20', what: 'worker drains' },
};

/**
 * @param {{from: number, to: number, reloads: any[], ready: any[], lines: any[],
 *   tallies: import('../load/tally.mjs').Tally[]}} run
 * @param {{workers: number, rate: number}} options
 */
export function timeline(run, { workers, rate }) {
  const { from, to, reloads, tallies } = run;
  const x = (at) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const buckets = bucketsOf(run);
  const mid = ({ at }) => x(at + BUCKET_MS / 2);
  const inside = ({ at }) => at >= from && at <= to;

  const top = Math.max(rate, ...buckets.map(({ answered }) => answered)) * 1.15;
  const throughput = new Panel({ y: 112, height: 150, title: 'Answers per second', bottom: 0, top });
  throughput.grid(LEFT, WIDTH - RIGHT, niceTicks(top));
  throughput.area(
    buckets.map((bucket) => [mid(bucket), bucket.answered]),
    colours.fill,
    colours.line,
  );
  for (const failure of tallies.flatMap(({ failures }) => failures).filter(inside)) {
    throughput.dot(x(failure.at), top * 0.06, colours.failed);
  }

  const slowest = Math.max(20, ...buckets.map(({ max }) => max).filter(Number.isFinite));
  const latency = new Panel({
    y: 306,
    height: 150,
    title: 'Latency, ms (log)',
    bottom: 1,
    top: slowest * 1.3,
    log: true,
  });
  latency.grid(
    LEFT,
    WIDTH - RIGHT,
    [1, 3, 10, 30, 100, 300, 1000, 3000].filter((tick) => tick < slowest * 1.3),
  );
  const seen = buckets.filter(({ count }) => count > 0);
  latency.line(
    seen.map((bucket) => [mid(bucket), bucket.max]),
    colours.max,
  );
  latency.line(
    seen.map((bucket) => [mid(bucket), bucket.p50]),
    colours.median,
  );

  const most = Math.max(workers, ...run.ready.map(({ ready }) => ready));
  const ready = new Panel({ y: 500, height: 110, title: 'Ready workers', bottom: 0, top: most + 0.6 });
  ready.grid(
    LEFT,
    WIDTH - RIGHT,
    Array.from({ length: most + 1 }, (_, at) => at),
  );
  ready.line(stairs(run, x), colours.ready, 2.5);

  const marks = run.lines.filter((line) => line.event in steps && inside({ at: line.time }));
  const rows = Object.keys(steps);
  const markAt = (line) => 634 + rows.indexOf(line.event) * 12;
  const bands = reloads.map((reload, at) => {
    const width = Math.max(2, x(reload.to) - x(reload.from));
    const middle = x(reload.from) + width / 2;
    return (
      `<rect x="${x(reload.from)}" y="100" width="${width}" height="566" fill="${colours.band}"/>` +
      text(
        middle,
        92,
        `reload ${at + 1}: ${(reload.tookMs / 1000).toFixed(1)} s, ${movedIn(run, reload)} moved`,
        {
          anchor: 'middle',
          size: 12,
        },
      )
    );
  });
  const dots = marks.map(
    (line) =>
      `<circle cx="${x(line.time)}" cy="${markAt(line)}" r="3.5" fill="${steps[line.event].colour}"/>`,
  );
  const labels = rows.map((event, at) =>
    text(LEFT - 10, 638 + at * 12, steps[event].what.replace('worker ', ''), { anchor: 'end', size: 11 }),
  );
  const failed = tallies.reduce((sum, { failures }) => sum + failures.length, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 724" width="${WIDTH}" height="724" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    `<rect width="${WIDTH}" height="724" fill="#ffffff"/>`,
    text(LEFT, 34, `${workers} workers reloaded under ${rate} requests per second`, {
      size: 20,
      weight: 600,
    }),
    legend(LEFT, 58, [
      [colours.line, 'answers'],
      [colours.failed, `failed requests and closed connections (${failed})`],
      [colours.median, 'latency, median'],
      [colours.max, 'latency, slowest'],
      [colours.ready, 'ready workers'],
      [colours.band, 'reload'],
    ]),
    ...bands,
    throughput.svg,
    latency.svg,
    ready.svg,
    ...labels,
    ...dots,
    axis(x, from, to),
    '</svg>\n',
  ].join('\n');
}

/** Connections that a reload's drains moved to other workers. */
const movedIn = ({ lines }, { from, to }) =>
  lines
    .filter(({ event, time }) => event === 'drained' && time >= from && time <= to)
    .reduce((sum, { moved }) => sum + moved, 0);

/** Answers of every client; latency of the planned requests only, as these count from the plan. */
function bucketsOf({ from, to, tallies }) {
  const count = Math.floor((to - from) / BUCKET_MS);
  const buckets = Array.from({ length: count }, () => ({ answers: 0, planned: [] }));
  for (const { name, samples } of tallies) {
    for (const { at, ms } of samples) {
      const bucket = buckets[Math.floor((at - from) / BUCKET_MS)];
      if (!bucket) continue;
      bucket.answers++;
      if (name.startsWith('planned')) bucket.planned.push(ms);
    }
  }
  return buckets.map(({ answers, planned }, at) => ({
    at: from + at * BUCKET_MS,
    answered: (answers * 1000) / BUCKET_MS,
    count: planned.length,
    p50: quantile(planned, 0.5),
    max: quantile(planned, 1),
  }));
}

function stairs({ ready, from, to }, x) {
  const points = [];
  let now = ready.filter(({ at }) => at <= from).at(-1)?.ready ?? 0;
  points.push([x(from), now]);
  for (const step of ready.filter(({ at }) => at > from && at <= to)) {
    points.push([x(step.at), now], [x(step.at), step.ready]);
    now = step.ready;
  }
  points.push([x(to), now]);
  return points;
}

function niceTicks(top) {
  const step = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((size) => top / size <= 5) ?? 10_000;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, at) => at * step);
}

function axis(x, from, to) {
  const seconds = (to - from) / 1000;
  const step = [1, 2, 5, 10, 20, 60].find((size) => seconds / size <= 16) ?? 120;
  const marks = [];
  for (let at = 0; at <= seconds; at += step) {
    marks.push(text(x(from + at * 1000), 690, `${at} s`, { anchor: 'middle', size: 12 }));
  }
  return marks.join('\n');
}

/** Advances by the text's width: sans-serif letters of 12 px are about 6.6 px wide. */
function legend(left, y, entries) {
  let at = left;
  return entries
    .map(([colour, what]) => {
      const entry = `<rect x="${at}" y="${y - 10}" width="14" height="10" rx="2" fill="${colour}"/>${text(at + 20, y, what, { size: 12 })}`;
      at += 20 + what.length * 6.9 + 22;
      return entry;
    })
    .join('\n');
}
