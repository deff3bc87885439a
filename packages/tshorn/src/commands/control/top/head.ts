/** The lines above the table: the master, the totals, and the last reload or the one under way. Pure. */
import { formatMemory, formatMs, wrapWords } from '@tshorn/core';
import type { Snapshot } from '@tshorn/master';
import { type Colour, colourOfOutcome, colourOfState, formatAge } from '../../style.ts';
import { barOf, ICONS } from '../doing.ts';
import { cores, many, percentileText, rate, share, sparkline } from './figures.ts';
import { EMPTY, joined, type Line, type Span, spaced, span, widthOf, withRight } from './line.ts';
import type { Picture } from './picture.ts';

const SPARKS = 60;
const GAP = 3;

export function headLines(picture: Picture, width: number): Line[] {
  const { snapshot } = picture;
  return [
    masterLine(picture, width),
    appLine(snapshot, width),
    EMPTY,
    ...totalLines(picture, width),
    alertLine(picture),
    ...reloadLines(picture, width),
    slotsLine(snapshot, width),
  ];
}

function masterLine({ snapshot, paused, lost }: Picture, width: number): Line {
  const { master, generation, state, at } = snapshot;
  const left = spaced(
    2,
    span('tshorn top', 'bold'),
    span(`master ${master.pid}`),
    span(state, colourOfState(state)),
    span(`generation ${generation}`),
    span(`up ${formatAge(master.uptimeMs)}`),
  );
  const clock = span(timeOf(at), 'dim');
  if (lost !== undefined) return withRight(left, [span(' NO CONNECTION ', 'inverse')], width);
  return withRight(left, paused ? [span(' PAUSED ', 'inverse'), span(' '), clock] : [clock], width);
}

function appLine({ master, release }: Snapshot, width: number): Line {
  const addresses = master.listeners.join('  ');
  const left = spaced(2, span(master.app ?? 'no app yet', 'dim'), release !== undefined && span(release));
  return withRight(left, [span(addresses, 'dim')], width);
}

function totalLines({ snapshot, rates }: Picture, width: number): Line[] {
  const { totals, workers, size, desired, master } = snapshot;
  const { queue, overflows, errorsPerSecond: errors } = totals;
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const first = joined(GAP, [
    fact('requests/s', rate(totals.rps).padStart(7), 'bold'),
    fact('errors/s', rate(errors).padStart(4), errors > 0 ? 'red' : undefined),
    fact('p50', percentileText(totals.p50).padStart(5)),
    fact('p99', percentileText(totals.p99).padStart(5)),
  ]);
  const free = Math.min(SPARKS, width - widthOf(first) - GAP);
  const second = [
    fact('workers', `${ready}/${size}${rangeText(desired)}`, ready < size ? 'yellow' : undefined),
    fact('connections', many(totals.connections)),
    fact('busy', many(totals.active)),
    ...(queue === undefined ? [] : [fact('queue', many(queue), queue > 0 ? 'yellow' : undefined)]),
    // The kernel counts them for all programs of the machine.
    ...(overflows ? [fact('host refused', many(overflows), queue ? 'red' : undefined)] : []),
    fact('memory', `${formatMemory(totals.memory)} + master ${formatMemory(master.memory)}`),
    ...(totals.cpu === undefined ? [] : [fact('CPU', cores(totals.cpu))]),
    ...(totals.elu === undefined ? [] : [fact('busiest loop', share(totals.elu))]),
  ];
  const sparks = free >= 10 ? [span(sparkline(rates, free), 'cyan')] : [];
  return [withRight(first, sparks, width), joined(GAP, second, width || undefined)];
}

/** A master of an older version tells none. */
const rangeText = (desired: Snapshot['desired'] | undefined): string =>
  desired?.range !== undefined
    ? ` of ${desired.range}`
    : desired?.pinned !== undefined
      ? ` pinned (config: ${desired.pinned})`
      : '';

const fact = (name: string, value: string, colour?: Colour): Line => [
  span(`${name} `, 'dim'),
  span(value, colour),
];

/** What needs a person, where something does. */
function alertLine({ lost, snapshot }: Picture): Line {
  const { degraded, newMaster, at } = snapshot;
  if (lost !== undefined) return [span(lost, 'red')];
  if (degraded) {
    const why = degraded.reason === undefined ? '' : `: ${degraded.reason}`;
    const since = formatAge(at - Date.parse(degraded.since));
    const text = `degraded: ${degraded.ready} of ${degraded.size} workers ready for ${since}${why}`;
    return [span(text, 'red')];
  }
  if (newMaster !== undefined) return [span(`re-exec: master ${newMaster} starts`, 'cyan')];
  return sizeLine(snapshot.desired, at);
}

/** Why the number of workers is what it is, where it follows the load. */
function sizeLine(desired: Snapshot['desired'] | undefined, at: number): Line {
  const { range, held, why, since } = desired ?? {};
  if (range === undefined) return EMPTY;
  if (held !== undefined) return [span(`scaling held: ${held}`, 'yellow')];
  if (why === undefined || since === undefined) return EMPTY;
  return [span(`scaling, ${formatAge(at - Date.parse(since))} ago: ${why}`, 'dim')];
}

/** The reason of a reload that failed stands below it: it is what its reader has come for. */
function reloadLines({ snapshot, reloadSince }: Picture, width: number): Line[] {
  const { reload, lastReload, at } = snapshot;
  if (reload) {
    const { generation, step = 0, of = 0, by, rollingBack, committed } = reload;
    const since = formatMs(Math.max(0, at - (reloadSince ?? at)));
    if (rollingBack !== undefined) {
      const head = spaced(2, span(`rolling back gen ${generation}`, 'red'), span(since));
      return [head, ...reasonLines(rollingBack, width, 'red')];
    }
    const [done, rest] = barOf(Math.max(1, step), of);
    const where = of === 0 ? 'preparing' : `step ${step}/${of}`;
    const bar = [span('  '), span(done, 'cyan'), span(rest, 'dim'), span('  ')];
    const more = spaced(
      2,
      span(committed ? 'committed, finishing' : where),
      span(since),
      span(`by ${by}`, 'dim'),
    );
    return [[span(`reload to gen ${generation}`, 'bold'), ...bar, ...more]];
  }
  if (!lastReload) return [[span('no reload yet', 'dim')]];
  const { generation, outcome, replaced, tookMs, by, reason, at: ended } = lastReload;
  const colour = colourOfOutcome(outcome);
  const head = spaced(
    2,
    span('last reload', 'dim'),
    span(`gen ${generation} ${outcome}`, colour),
    outcome === 'committed' && span(`${replaced} worker${replaced === 1 ? '' : 's'} in ${formatMs(tookMs)}`),
    span(`${formatAge(at - Date.parse(ended))} ago`),
    span(`by ${by}`, 'dim'),
  );
  return [head, ...(reason === undefined ? [] : reasonLines(reason, width, colour))];
}

const INDENT = '  ';

/** Two lines at most: the screen cuts the second one. */
function reasonLines(reason: string, width: number, colour: Colour | undefined): Line[] {
  const [first = '', ...rest] = width === 0 ? [reason] : wrapWords(reason, width - INDENT.length);
  return [first, rest.join(' ')].filter(Boolean).map((text) => [span(`${INDENT}${text}`, colour)]);
}

const LEGEND: Line = [span('● new', 'green'), span('  ◐ starting', 'yellow'), span('  ● old', 'dim')];
/** From so many slots on, they stand in groups without their numbers. */
const MOST_NUMBERED = 16;
const GROUP = 8;

/** One icon for each slot: the state of its newest worker, and during a reload whether that is a new one. */
function slotsLine({ workers, size, reload, backoff = [] }: Snapshot, width: number): Line {
  const slots = new Map<number, Span>();
  for (const { slot } of backoff) slots.set(slot, span('✖', 'red'));
  for (const { slot, state, generation, silentMs } of workers) {
    const isOld = reload !== undefined && generation < reload.generation;
    const icon = ICONS[state];
    const serves = state === 'ready' && silentMs === undefined;
    const colour = serves ? (isOld ? 'dim' : 'green') : icon ? 'yellow' : 'red';
    slots.set(slot, span(icon ?? '✖', colour));
  }
  const missing = Array.from({ length: size }, (_, slot) => slot).filter((slot) => !slots.has(slot));
  for (const slot of missing) slots.set(slot, span('·', 'dim'));
  const all = [...slots].sort(([one], [other]) => one - other);
  const line = all.flatMap(([slot, icon], at) =>
    all.length <= MOST_NUMBERED
      ? [span(`${slot} `, 'dim'), icon, span('  ')]
      : [icon, span((at + 1) % GROUP === 0 ? ' ' : '')],
  );
  return reload ? withRight(line, LEGEND, width) : line;
}

/** `03:21:07`, as the clock of this machine has it. */
export function timeOf(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
