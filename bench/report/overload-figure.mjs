/** Offered load against what is answered in time and its p99, for each app and server, as one SVG. */
import { Panel, text } from './panel.mjs';

const WIDTH = 1180;
const TOP = 100;
const ROW = 330;
const HEIGHT = 220;
const COLUMNS = [
  { left: 90, right: 560 },
  { left: 680, right: 1150 },
];
const COLOURS = ['#2f855a', '#2b6cb0', '#dd6b20', '#805ad5'];

/** @param {{what: string, capacity: number, servers: any[]}[]} results @param {number} patienceMs */
export function overloadFigure(results, patienceMs) {
  const names = results[0]?.servers.map(({ name }) => name) ?? [];
  const height = TOP + results.length * ROW + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(
      COLUMNS[0].left,
      34,
      `More is asked than can be answered; clients give up after ${patienceMs / 1_000} s`,
      {
        size: 20,
        weight: 600,
      },
    ),
    ...names.map((name, at) => {
      const x = COLUMNS[0].left + at * 250;
      return `<rect x="${x}" y="52" width="22" height="5" fill="${COLOURS[at]}"/>${text(x + 30, 59, name)}`;
    }),
    ...results.map((result, row) => rowOf(result, TOP + row * ROW, patienceMs)),
    '</svg>\n',
  ].join('\n');
}

function rowOf({ what, capacity, servers }, y, patienceMs) {
  const factors = servers[0].points.map(({ factor }) => factor);
  const most = Math.max(...factors);
  const chart = { y: y + 50, height: HEIGHT };
  const goodput = new Panel({
    ...chart,
    title: 'Answered in time, as a part of the capacity',
    bottom: 0,
    top: 1.6,
  });
  const latency = new Panel({
    ...chart,
    title: 'p99 of what is answered in time, ms (log)',
    bottom: 10,
    top: patienceMs * 1.3,
    log: true,
  });
  goodput.grid(COLUMNS[0].left, COLUMNS[0].right, [0, 0.25, 0.5, 0.75, 1, 1.5]);
  latency.grid(COLUMNS[1].left, COLUMNS[1].right, [10, 30, 100, 300, 1000, 2000]);
  const xOf = ({ left, right }, factor) => left + (factor / most) * (right - left);
  // The first is drawn last, above the others.
  for (const [at, { points }] of [...servers.entries()].reverse()) {
    const told = points.filter(({ p99 }) => p99 !== null && !Number.isNaN(p99));
    goodput.line(
      points.map((point) => [xOf(COLUMNS[0], point.factor), point.goodput]),
      COLOURS[at],
      2.4,
    );
    latency.line(
      told.map((point) => [xOf(COLUMNS[1], point.factor), point.p99]),
      COLOURS[at],
      2.4,
    );
    for (const point of points) goodput.dot(xOf(COLUMNS[0], point.factor), point.goodput, COLOURS[at]);
    for (const point of told) latency.dot(xOf(COLUMNS[1], point.factor), point.p99, COLOURS[at]);
  }
  const title = `An app that ${what}: ${Math.round(capacity)} requests per second`;
  return [
    text(COLUMNS[0].left, y + 18, title, { size: 15, weight: 600 }),
    goodput.svg,
    latency.svg,
    ...COLUMNS.flatMap((column) =>
      factors.map((factor) =>
        text(xOf(column, factor), y + 50 + HEIGHT + 20, `${factor} ×`, { anchor: 'middle', size: 12 }),
      ),
    ),
    ...COLUMNS.map(({ right }) =>
      text(right, y + 50 + HEIGHT + 38, 'offered load, by capacity', { anchor: 'end', size: 12 }),
    ),
  ].join('\n');
}
