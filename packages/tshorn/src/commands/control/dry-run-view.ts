/** `tshorn reload --dry-run` as text. Pure. */
import { formatMemory, formatMs } from '@tshorn/core';
import type { DryRun } from '@tshorn/master';
import { plain } from '../style.ts';
import { columns } from './columns.ts';

export function forecastText(dryRun: DryRun): string {
  const { plan, size, generation, steps, leastReady, mostInService, mostProcesses } = dryRun;
  const of = steps.length;
  const places = steps.map((_, at) => `step ${at + 1}/${of}`);
  const wide = Math.max(...places.map((place) => place.length));
  const facts = [
    ['ready, at least', `${leastReady} of ${size}`],
    ['in service, at most', String(mostInService)],
    [
      'processes, at most',
      `${mostProcesses}${mostProcesses > mostInService ? ', parked ones included' : ''}`,
    ],
    ['memory, at most', memoryText(dryRun)],
    ['time', timeText(dryRun)],
  ];
  return [
    `a reload to gen=${generation} with the plan ${plan} takes ${of} steps; nothing has changed`,
    '',
    ...steps.map(({ text }, at) => `  ${(places[at] as string).padEnd(wide)}  ${text}`),
    '',
    ...columns(
      [{ title: '' }, { title: '' }],
      facts.map((row) => row.map((text) => ({ text }))),
      plain,
    ).map((line) => `  ${line}`),
  ].join('\n');
}

function memoryText({ memory }: DryRun): string {
  if (!memory) return 'unknown: this system does not report the memory of a process';
  const more = Math.max(0, memory.most - memory.now);
  const each = formatMemory(memory.perWorker);
  return `about ${formatMemory(memory.most)}, ${formatMemory(more)} more than now (${each} a worker)`;
}

function timeText({ time, parallelism, graceMs, sideBySide, size }: DryRun): string {
  const grace = `up to ${formatMs(graceMs)} (--grace)`;
  const drains = sideBySide
    ? `connections that cannot move may add ${grace} once, requests that last in each drain`
    : `each drain may add ${grace}`;
  if (!time) return `unknown: no worker has booted yet; ${drains}`;
  const { bootMs, booting, soak, canary, total } = time;
  const parts = [
    `boots ${formatMs(booting)} (${formatMs(bootMs)} a worker, at most ${Math.min(size, parallelism)} at a time)`,
    canary > 0 && `canary ${formatMs(canary)} at most`,
    `soak ${formatMs(soak)}`,
  ];
  return `about ${formatMs(total)}: ${parts.filter(Boolean).join(', ')}; ${drains}`;
}
