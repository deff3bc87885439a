/**
 * The rules of the best-known scalers, with their default settings, as they would act on workers of Node: each is asked once a
 * second for the number of workers that it wants. Facts, not code, are taken from:
 *
 * - uWSGI 2.0, cheaper_busyness: a cycle of 3 s (cheaper-overload); above 50 % one worker more, below 25 % for ten cycles one
 *   less, two cycles more after a worker has come back too soon; one more for each second with more than 33 waiting connections.
 *   https://uwsgi-docs.readthedocs.io/en/latest/Cheaper.html
 * - Watt 3.38, dynamic workers: one worker more when the mean of 10 s is above 80 %, one less when that of 60 s is below 20 %, which it
 *   looks at once a minute; 20 s between two changes; the first 30 s of a worker are left out, and nothing changes while one starts.
 *   https://docs.platformatic.dev/docs/guides/dynamic-workers
 * - PHP-FPM 8, pm = dynamic with Debian's pool: each second one child more where fewer than 1 is idle, one less where more than
 *   3 are. https://www.php.net/manual/en/install.fpm.configuration.php
 */
import { firstMemory, judge, type ScalingSettings } from '../../decide/load-rules.ts';

export interface View {
  /** Seconds. */
  readonly at: number;
  readonly ready: number;
  readonly coming: number;
  /** Sum of the utilisations of those in service. */
  readonly load: number;
  /** Connections that wait. */
  readonly queued: number;
  /** Requests that were answered in this second. */
  readonly requests: number;
  readonly min: number;
  readonly max: number;
}

/** The number of workers that there should be. */
export type Rule = (view: View) => number;

export const fixed: Rule = ({ max }) => max;

export function ours(settings: ScalingSettings): Rule {
  let memory = firstMemory();
  return ({ at, ready, coming, load, queued, requests, min, max }) => {
    const range = { min, max };
    const free = { cpuUsed: 0, cpus: 1_024, room: undefined, failures: 0 };
    const may = coming > ready ? ('grow' as const) : ('all' as const);
    const judged = judge(
      memory,
      { at: at * 1_000, range, ready, coming, load, queued, requests, may, ...free },
      settings,
    );
    memory = judged.memory;
    return judged.wish?.to ?? coming;
  };
}

export function uwsgiBusyness(): Rule {
  const cycle = 3;
  let multiplier = 10;
  let nextCheap = cycle * multiplier;
  let lastCheaped = Number.NEGATIVE_INFINITY;
  let tolerated = 0;
  let sum = 0;
  return ({ at, coming, load, queued, min, max }) => {
    // A worker that boots is one that is not busy.
    sum += load / coming;
    const isEmergency = queued > 33 && coming < max;
    if (at % cycle !== 0) return isEmergency ? coming + 1 : coming;
    const busy = sum / cycle;
    sum = 0;
    if (busy > 0.5) {
      tolerated = 0;
      if ((at - lastCheaped) / cycle <= multiplier) multiplier += 2;
      else if (multiplier > 10) multiplier--;
      nextCheap = at + cycle * multiplier;
      return Math.min(max, coming + 1);
    }
    if (isEmergency) return coming + 1;
    if (busy >= 0.25) {
      nextCheap = ++tolerated >= 3 ? at + cycle * multiplier : nextCheap + cycle;
      return coming;
    }
    tolerated = 0;
    if (coming <= min || at < nextCheap) return coming;
    nextCheap = at + cycle * multiplier;
    lastCheaped = at;
    return coming - 1;
  };
}

export function watt(): Rule {
  const seen: { readonly at: number; readonly busy: number }[] = [];
  const starts: number[] = [];
  let changedAt = Number.NEGATIVE_INFINITY;
  const mean = (from: number) => {
    const looks = seen.filter(({ at }) => at > from);
    return looks.reduce((sum, { busy }) => sum + busy, 0) / Math.max(1, looks.length);
  };
  return ({ at, ready, coming, load, min, max }) => {
    while (starts.length < ready) starts.push(at === 0 ? -60 : at);
    starts.length = ready;
    const isHeard = starts.some((start) => at - start >= 30);
    if (isHeard) seen.push({ at, busy: load / ready });
    while (seen.length > 0 && (seen[0]?.at ?? at) < at - 60) seen.shift();
    const isAsked = (isHeard && load / ready > 0.8) || at % 60 === 0;
    if (!isAsked || coming > ready || at - changedAt < 20) return coming;
    const wish = mean(at - 60) < 0.2 ? coming - 1 : mean(at - 10) > 0.8 ? coming + 1 : coming;
    const to = Math.min(max, Math.max(min, wish));
    if (to !== coming) changedAt = at;
    return to;
  };
}

export function phpFpm(): Rule {
  return ({ ready, coming, load, min, max }) => {
    const idle = Math.floor(ready - load);
    if (idle > 3) return Math.max(min, coming - 1);
    return idle < 1 ? Math.min(max, coming + 1) : coming;
  };
}
