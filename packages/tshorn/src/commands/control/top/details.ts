/** What is known of the chosen worker: what the table has no room for, and its events. Pure. */
import { formatAge } from '../../style.ts';
import { eventLines } from './events.ts';
import { cores, duration, many, memory, share } from './figures.ts';
import { EMPTY, joined, type Line, spaced, span } from './line.ts';
import type { Told } from './picture.ts';
import { stateOf, type TopRow } from './rows.ts';

/** @param rows those of one slot: a slot has two workers while one replaces the other */
export function detailLines(
  rows: readonly TopRow[],
  told: readonly Told[],
  { most, width }: { readonly most: number; readonly width: number },
): Line[] {
  const lines = rows.flatMap((row) => linesOf(row, width));
  const slot = rows[0]?.slot;
  const own = told.filter(({ worker }) => worker === slot);
  return [
    ...lines,
    EMPTY,
    ...eventLines(own, { most: most - lines.length - 1, width }, 'no events of this worker'),
  ];
}

function linesOf(row: TopRow, width: number): Line[] {
  const { slot, pid, generation, uptimeMs, waits, remaining, silentMs, loopDelayMs, shed } = row;
  const name = span(`worker ${slot}`, 'bold');
  if (waits !== undefined) return [spaced(3, name, span('no process', 'red'), span(waits))];
  const left = Object.entries(remaining ?? {}).map(([reason, count]) => `${reason} ${count}`);
  const late = loopDelayMs ? `, ${loopDelayMs}ms late` : '';
  return [
    spaced(
      3,
      name,
      pid !== undefined && span(`pid ${pid}`),
      span(`gen ${generation}`),
      span(stateOf(row)),
      span(`up ${formatAge(uptimeMs)}`),
      silentMs !== undefined && span(`no heartbeat for ${formatAge(silentMs)}`, 'yellow'),
      left.length > 0 && span(`still has ${left.join(', ')}`, 'yellow'),
    ),
    joined(
      3,
      [
        counted(row.requests, 'request'),
        ...(shed ? [`${many(shed)} shed`] : []),
        `mean ${duration(row.mean)}`,
        `${many(row.active)} in flight`,
        counted(row.connections, 'connection'),
        `loop ${share(row.elu)}${late}`,
        `CPU ${cores(row.cpu)}`,
        memory(row.memory),
      ].map((text) => [span(text)]),
      width,
    ),
  ];
}

const counted = (count: number, what: string): string => `${many(count)} ${what}${count === 1 ? '' : 's'}`;
