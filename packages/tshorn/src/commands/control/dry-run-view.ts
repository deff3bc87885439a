/** `tshorn reload --dry-run` as text. Pure. */
import { formatMemory, formatMs } from '@tshorn/core';
import type { DryRun } from '@tshorn/master';
import { plain } from '../style.ts';
import { table } from './table.ts';

/** @param width columns of the terminal; undefined where nothing wraps */
export function forecastText(dryRun: DryRun, width: number | undefined): string {
  const { plan, size, generation, steps, leastReady, mostInService, mostProcesses } = dryRun;
  const facts = [
    ['ready, at least', `${leastReady} of ${size}`],
    ['in service, at most', String(mostInService)],
    [
      'processes, at most',
      `${mostProcesses}${mostProcesses > mostInService ? ', parked ones included' : ''}`,
    ],
    ['memory, at most', memoryText(dryRun)],
    ['time', timeText(dryRun)],
    ...(dryRun.auto === undefined ? [] : [['--max-surge auto, now', dryRun.auto]]),
  ];
  const indented = (rows: readonly (readonly string[])[]) =>
    table(
      [{}, {}],
      rows.map((texts) => ({ cells: texts.map((text) => ({ text })) })),
      { paint: plain, width },
      { left: 2 },
    );
  return [
    `a reload to gen=${generation} with the plan ${plan} takes ${steps.length} steps; nothing has changed`,
    indented(steps.map(({ text }, at) => [`step ${at + 1}/${steps.length}`, text])),
    indented(facts),
  ].join('\n\n');
}

function memoryText({ memory }: DryRun): string {
  if (!memory) return 'unknown: this system does not report the memory of a process';
  const more = Math.max(0, memory.most - memory.now);
  const each = formatMemory(memory.perWorker);
  return `about ${formatMemory(memory.most)}, ${formatMemory(more)} more than now (${each} a worker)`;
}

function timeText({ time, atOnce, graceMs, sideBySide }: DryRun): string {
  const grace = `up to ${formatMs(graceMs)} (--grace)`;
  const drains = sideBySide
    ? `connections that cannot move may add ${grace} once, requests that last in each drain`
    : `each drain may add ${grace}`;
  if (!time) return `unknown: no worker has booted yet; ${drains}`;
  const { bootMs, booting, soak, canary, total } = time;
  const parts = [
    `boots ${formatMs(booting)} (${formatMs(bootMs)} a worker, which is what boots have taken so far, under load too; at most ${atOnce} at a time)`,
    canary > 0 && `canary ${formatMs(canary)} at most`,
    `soak ${formatMs(soak)}`,
  ];
  return `about ${formatMs(total)}: ${parts.filter(Boolean).join(', ')}; ${drains}`;
}
