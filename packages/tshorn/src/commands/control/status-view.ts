/** `tshorn status` as text. Pure. */
import { formatMemory, formatMs } from '@tshorn/core';
import type {
  BackoffStatus,
  DegradedStatus,
  LeaveStatus,
  MasterStatus,
  PastReload,
  StopStatus,
  WorkerStatus,
} from '@tshorn/master';
import { colourOfOutcome, colourOfState, formatAge, type Paint } from '../style.ts';
import { type Cell, type Column, type Page, type Row, table } from './table.ts';

/** The answer of `GET /status`. */
export interface Status extends MasterStatus {
  readonly version: string;
  readonly node: string;
  readonly uptimeMs: number;
  /** Path of the control socket. */
  readonly control: string;
  readonly reloads: readonly PastReload[];
}

export interface Surroundings extends Page {
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Certificate = NonNullable<MasterStatus['certificates']>[number];

export function statusText(status: Status, around: Surroundings): string {
  const parts = [
    headOf(status, around.paint),
    factsOf(status, around),
    workersOf(status, around),
    reloadsOf(status.reloads, around),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function headOf({ pid, state, uptimeMs, version, generation }: Status, paint: Paint): string {
  const name = paint('bold', `tshorn ${version}`);
  return `${name}  master ${pid}  ${paint(colourOfState(state), state)}  generation ${generation}  up ${formatAge(uptimeMs)}`;
}

function factsOf(status: Status, around: Surroundings): string {
  const { leave, stop, degraded, release, app, listeners, certificates, certificatesRefused } = status;
  const { node, control, traffic, containment, workers } = status;
  const sum = workers.reduce((bytes, { memory = 0 }) => bytes + memory, 0);
  const memory = `master ${formatMemory(status.memory)}, workers ${formatMemory(sum)}`;
  const urls = listeners.map((address) =>
    /^(?:unix:|https:)/.test(address) ? address : `http://${address}`,
  );
  const rows: [name: string, value: string][] = [
    ['leaving', leave ? leavingText(leave, around) : ''],
    ['stopping', stop ? stoppingText(stop) : ''],
    ['degraded', degraded ? degradedText(degraded, around) : ''],
    ['release', release ?? ''],
    ['workers', sizeText(status, around)],
    ['app', app ?? ''],
    ['listening', urls.join('  ')],
    ['tls', (certificates ?? []).map((one) => certificateText(one, around)).join(', ')],
    ['tls refused', certificatesRefused ? refusedText(certificatesRefused, around) : ''],
    ['node', node],
    ['control', control],
    ['memory', memory],
    ['traffic', traffic ? trafficText(traffic) : ''],
    ['contained', containmentText(containment)],
    ['overload', shedText(workers)],
  ];
  const known = rows.filter(([, value]) => value !== '');
  const cells = known.map(
    ([name, value]): Row => ({ cells: [{ text: name, colour: 'dim' }, { text: value }] }),
  );
  return table([{}, {}], cells, around);
}

/** Why there are as many workers as there are; empty where the config alone says so. */
function sizeText(
  { size, desired }: Pick<Status, 'size'> & Partial<Pick<Status, 'desired'>>,
  { now }: Surroundings,
): string {
  // A master of an older version that is asked by this command tells none.
  if (!desired) return '';
  const { workers, by, range, rangeBy, why, since, load, held, cpus, pinned } = desired;
  const count = size === workers ? String(size) : `${size}, ${workers} wanted`;
  if (range === undefined) {
    if (pinned !== undefined) return `${count}, pinned by ${by}; the config has ${pinned}: tshorn scale auto`;
    return by === 'config' ? '' : `${count}, by ${by}`;
  }
  const here = cpus === undefined ? '' : ` (${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'})`;
  const given = rangeBy === undefined || rangeBy === 'config' ? '' : ` (${rangeBy})`;
  const ago = since === undefined ? '' : ` ${formatAge(now - Date.parse(since))} ago`;
  const reason = why === undefined ? '' : `: ${why}`;
  const parts = [
    `${count} of ${range}${here}${given}`,
    load !== undefined && `load ${load.toFixed(2)}`,
    by === 'scaler' && `set${ago}${reason}`,
    held !== undefined && `held: ${held}`,
  ];
  return parts.filter(Boolean).join('; ');
}

/** The first name, and the time until it expires. */
function certificateText({ file, names, notBefore, notAfter }: Certificate, { now }: Surroundings): string {
  const early = Date.parse(notBefore) - now;
  if (early > 0) return `${names[0] ?? file} not valid for another ${formatAge(early)}`;
  const left = Date.parse(notAfter) - now;
  const when = left > 0 ? `expires in ${formatAge(left)}` : `expired ${formatAge(-left)} ago`;
  return `${names[0] ?? file} ${when}`;
}

/** The rest of the reason is how to mend it: the log has it. */
function refusedText(
  { reason, since }: NonNullable<Status['certificatesRefused']>,
  { now }: Surroundings,
): string {
  return `${reason.split('\n', 1)[0]}, ${formatAge(now - Date.parse(since))} ago`;
}

function leavingText({ by, since }: LeaveStatus, { now }: Surroundings): string {
  return `by ${by} for ${formatAge(now - Date.parse(since))}; all requests are served; tshorn stay ends it`;
}

function stoppingText({ by, beginsInMs }: StopStatus): string {
  const who = by === undefined ? 'the first start has failed' : `by ${by}`;
  if (beginsInMs === undefined) return `${who}; the workers finish what they have`;
  const when = `in ${Math.ceil(beginsInMs / 1000)}s (--stop-delay)`;
  return `${who} ${when}; all requests are served; a second request stops now`;
}

function degradedText({ ready, size, reason, since }: DegradedStatus, { now }: Surroundings): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return `${ready} of ${size} workers ready for ${formatAge(now - Date.parse(since))}${why}`;
}

/** Renders the sums since the start of the master. */
function trafficText({
  handoff,
  moved,
  closed,
  forceClosed,
  refused,
}: NonNullable<MasterStatus['traffic']>): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`);
  const stayed = reasons.length > 0 ? `, refused ${reasons.join(' ')}` : '';
  return `moved ${moved}, closed ${closed}, force-closed ${forceClosed}${stayed}; handoff ${handoff}`;
}

/** Renders the sums since the start of the master; empty while nothing has failed. */
function containmentText(sums: MasterStatus['containment'] | undefined): string {
  // A master of an older version that is asked by this command knows none.
  if (!sums || sums.crashes + sums.hangs + sums.lostUnknown === 0) return '';
  const { crashes, hangs, interrupted, rescued, finished, lost, lostUnknown, inFlight } = sums;
  const open = inFlight ? ` (${inFlight} in flight)` : '';
  const unknown = lostUnknown > 0 ? `, unknown for ${lostUnknown}${open}` : '';
  const ended = hangs > 0 ? ` (${interrupted} interrupted)` : '';
  const failures = [
    (crashes > 0 || hangs === 0) && many(crashes, 'crash', 'crashes'),
    hangs > 0 && `${many(hangs, 'hang', 'hangs')}${ended}`,
  ];
  return `${failures.filter(Boolean).join(', ')}; rescued ${rescued}, finished ${finished}, lost ${lost}${unknown}`;
}

/** Empty while nothing has been shed. */
function shedText(workers: readonly WorkerStatus[]): string {
  const shed = workers.flatMap(({ slot, shed = 0 }) => (shed > 0 ? [{ slot, shed }] : []));
  if (shed.length === 0) return '';
  const all = shed.reduce((sum, one) => sum + one.shed, 0);
  const each = shed.map((one) => `worker ${one.slot} ${one.shed}`).join(', ');
  return `${many(all, 'request', 'requests')} shed since the start of its worker: ${each}`;
}

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

const WORKER_COLUMNS: readonly Column[] = [
  { title: 'WORKER', align: 'right' },
  { title: 'GEN', align: 'right' },
  { title: 'PID', align: 'right' },
  { title: 'STATE' },
  { title: 'UPTIME', align: 'right' },
  { title: 'CONNECTIONS', align: 'right' },
  { title: 'REQUESTS', align: 'right' },
  { title: 'MEMORY', align: 'right' },
];

/** One line per worker, and one per slot in back-off. A second line has the reason of a back-off, another release than the one
 * that serves, or what a drain still has. */
function workersOf({ workers, backoff = [], release }: Status, around: Surroundings): string {
  const rows = [...workers.map((worker) => workerRow(worker, release)), ...backoff.map(backoffRow)].sort(
    (one, other) => one.slot - other.slot || one.generation - other.generation,
  );
  return rows.length === 0
    ? 'no workers'
    : table(WORKER_COLUMNS, rows, around, { indent: 'WORKER  '.length });
}

interface WorkerRow extends Row {
  readonly slot: number;
  readonly generation: number;
}

function workerRow(worker: WorkerStatus, serving: string | undefined): WorkerRow {
  const { slot, generation, pid, state, uptimeMs, connections, requests, memory } = worker;
  const cells = [
    { text: String(slot) },
    { text: String(generation) },
    { text: pid === undefined ? '-' : String(pid) },
    { text: state, colour: colourOfState(state) },
    { text: formatAge(uptimeMs) },
    { text: String(connections) },
    { text: requests === undefined ? '-' : String(requests) },
    { text: memory === undefined ? '-' : formatMemory(memory) },
  ];
  return { slot, generation, cells, more: moreOf(worker, serving) };
}

/** Another release than the one that serves, and what a drain still has. */
function moreOf({ release, remaining = {} }: WorkerStatus, serving: string | undefined): string | undefined {
  const reasons = Object.entries(remaining).map(([reason, count]) => `${reason} ${count}`);
  const parts = [
    release !== undefined && release !== serving && `release ${release}`,
    reasons.length > 0 && `still has ${reasons.join(', ')}`,
  ];
  return parts.filter(Boolean).join('; ') || undefined;
}

function backoffRow({ slot, nextMs, failures, reason }: BackoffStatus): WorkerRow {
  const none = { text: '-' };
  const state: Cell = { text: 'back-off', colour: 'red' };
  const many = `${failures} failure${failures === 1 ? '' : 's'}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  const next =
    nextMs === undefined ? 'waits for the next save' : `next attempt in ${Math.ceil(nextMs / 1000)}s`;
  return {
    slot,
    generation: Number.POSITIVE_INFINITY,
    cells: [{ text: String(slot) }, none, none, state, none, none, none, none],
    more: `${next}, ${many}${why}`,
  };
}

const RELOAD_COLUMNS: readonly Column[] = [
  { title: 'RELOAD', align: 'right' },
  { title: 'OUTCOME' },
  { title: 'REPLACED', align: 'right' },
  { title: 'TOOK', align: 'right' },
  { title: 'ENDED', align: 'right' },
  { title: 'BY' },
];

/** Lists the reloads, the newest first. A second line has the reason of one that did not commit. */
function reloadsOf(reloads: readonly PastReload[], around: Surroundings): string {
  if (reloads.length === 0) return '';
  const rows = [...reloads].reverse().map(
    ({ generation, outcome, replaced, tookMs, at, by, reason }): Row => ({
      cells: [
        { text: `gen ${generation}` },
        { text: outcome, colour: colourOfOutcome(outcome) },
        { text: String(replaced) },
        { text: formatMs(tookMs) },
        { text: `${formatAge(around.now - Date.parse(at))} ago` },
        { text: by },
      ],
      more: reason,
    }),
  );
  const widest = Math.max('RELOAD'.length, ...rows.map(({ cells: [cell] }) => cell?.text.length ?? 0));
  return table(RELOAD_COLUMNS, rows, around, { indent: widest + 2 });
}
