/** The columns of the table: what each shows, and by what it sorts. */
import { type Colour, colourOfState, formatAge } from '../../style.ts';
import { cores, many, memory, percentileText, rate, share } from './figures.ts';
import { type Span, span } from './line.ts';
import { stateOf, type TopRow } from './rows.ts';

export interface TopColumn {
  readonly key: string;
  readonly title: string;
  readonly width: number;
  /** A narrow screen leaves out the columns with the highest numbers. */
  readonly rank: number;
  readonly isLeft?: true;
  /** The first order is by falling values. */
  readonly isLargestFirst?: true;
  cell(row: TopRow): Span;
  valueOf(row: TopRow): number | string;
}

const large = { isLargestFirst: true } as const;
const NONE = span('-', 'dim');

/** Above these the figure is yellow, and red. */
const BUSY = 0.7;
const FULL = 0.9;

const heat = (part: number | undefined): Colour | undefined =>
  part === undefined ? 'dim' : part >= FULL ? 'red' : part >= BUSY ? 'yellow' : undefined;

const faint = (text: string, value: number | undefined): Span => span(text, value ? undefined : 'dim');

export const COLUMNS = [
  {
    key: 'slot',
    title: 'SLOT',
    width: 4,
    rank: 0,
    cell: ({ slot }) => span(String(slot)),
    valueOf: ({ slot }) => slot,
  },
  {
    key: 'generation',
    title: 'GEN',
    width: 4,
    rank: 3,
    cell: ({ generation }) => (Number.isFinite(generation) ? span(String(generation)) : NONE),
    valueOf: ({ generation }) => generation,
    ...large,
  },
  {
    key: 'pid',
    title: 'PID',
    width: 7,
    rank: 12,
    cell: ({ pid }) => (pid === undefined ? NONE : span(String(pid))),
    valueOf: ({ pid = 0 }) => pid,
  },
  {
    key: 'state',
    title: 'STATE',
    width: 8,
    rank: 0,
    isLeft: true,
    cell: (row) => {
      const state = stateOf(row);
      return span(state, state === 'silent' ? 'yellow' : colourOfState(state));
    },
    valueOf: stateOf,
  },
  {
    key: 'age',
    title: 'AGE',
    width: 7,
    rank: 11,
    cell: ({ uptimeMs, waits }) => (waits === undefined ? span(formatAge(uptimeMs)) : NONE),
    valueOf: ({ uptimeMs }) => uptimeMs,
    ...large,
  },
  {
    key: 'requests',
    title: 'REQUESTS',
    width: 9,
    rank: 13,
    cell: ({ requests }) => faint(many(requests), requests),
    valueOf: ({ requests }) => requests,
    ...large,
  },
  {
    key: 'rps',
    title: 'REQ/S',
    width: 7,
    rank: 0,
    cell: ({ rps }) => faint(rate(rps), rps),
    valueOf: ({ rps }) => rps,
    ...large,
  },
  {
    key: 'errors',
    title: 'ERR/S',
    width: 6,
    rank: 1,
    cell: ({ errorsPerSecond: errors }) => span(rate(errors), errors > 0 ? 'red' : 'dim'),
    valueOf: ({ errorsPerSecond }) => errorsPerSecond,
    ...large,
  },
  {
    key: 'p50',
    title: 'P50',
    width: 6,
    rank: 4,
    cell: ({ p50 }) => faint(percentileText(p50), p50),
    valueOf: ({ p50 = -1 }) => p50,
    ...large,
  },
  {
    key: 'p99',
    title: 'P99',
    width: 6,
    rank: 2,
    cell: ({ p99 }) => faint(percentileText(p99), p99),
    valueOf: ({ p99 = -1 }) => p99,
    ...large,
  },
  {
    key: 'loop',
    title: 'LOOP',
    width: 5,
    rank: 5,
    cell: ({ elu }) => span(share(elu), heat(elu)),
    valueOf: ({ elu = -1 }) => elu,
    ...large,
  },
  {
    key: 'cpu',
    title: 'CPU',
    width: 5,
    rank: 7,
    cell: ({ cpu }) => span(cores(cpu), heat(cpu)),
    valueOf: ({ cpu = -1 }) => cpu,
    ...large,
  },
  {
    key: 'memory',
    title: 'MEMORY',
    width: 7,
    rank: 8,
    cell: ({ memory: bytes }) => faint(memory(bytes), bytes),
    valueOf: ({ memory: bytes }) => bytes,
    ...large,
  },
  {
    key: 'connections',
    title: 'CONN',
    width: 5,
    rank: 6,
    cell: ({ connections }) => faint(many(connections), connections),
    valueOf: ({ connections }) => connections,
    ...large,
  },
  {
    key: 'active',
    title: 'BUSY',
    width: 5,
    rank: 10,
    cell: ({ active }) => faint(many(active), active),
    valueOf: ({ active }) => active,
    ...large,
  },
] as const satisfies readonly TopColumn[] as readonly [TopColumn, ...TopColumn[]];

export type ColumnKey = string;

const GAP = 1;

/** The columns that fit, in their order. The first is always there. */
export function columnsFor(width: number): TopColumn[] {
  let left = width - 1;
  const chosen = new Set<TopColumn>();
  for (const column of [...COLUMNS].sort((one, other) => one.rank - other.rank)) {
    if (left < column.width + GAP) break;
    left -= column.width + GAP;
    chosen.add(column);
  }
  return COLUMNS.filter((column) => chosen.has(column));
}
