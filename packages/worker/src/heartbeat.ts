/**
 * Reports to the master at regular intervals that the event loop of this worker turns, how late it was, and how many
 * requests have begun. The other ends are master/src/vitals.ts and master/src/hang/hangs.ts.
 */
import type { WorkerOptions } from '@tshorn/config';
import { type BootOrder, type Heartbeat, heartbeatEvery, LOOK_EVERY_MS, type ToMaster } from '@tshorn/core';
import { HeapGuard } from './heap-guard.ts';
import { ownHeapLimit } from './heap-limit.ts';
import { HeartbeatWriter } from './heartbeat-writer.ts';
import { InFlight } from './in-flight.ts';
import type { Meter } from './meter.ts';
import type { Reporter } from './metrics/reporter.ts';

type Limits = Pick<WorkerOptions, 'timeout' | 'requestTimeout' | 'loopDelayWarning' | 'heapGuard'>;

/**
 * Starts the heartbeat, which ends with the process.
 * @param place in the file of the heartbeats; undefined: each is a message
 */
export function heartbeat(
  meter: Meter,
  reporter: Reporter | undefined,
  { timeout, requestTimeout, loopDelayWarning, heapGuard }: Limits,
  send: (message: ToMaster) => unknown,
  place?: BootOrder['heartbeats'],
): void {
  const everyMs = heartbeatEvery(timeout);
  const inFlight = new InFlight(meter);
  const writer = place === undefined ? undefined : new HeartbeatWriter(place);
  // A scan of all connections costs more than a heartbeat, so it is rarer.
  const scanEveryMs = Math.max(LOOK_EVERY_MS, requestTimeout / 10);
  let due = performance.now();
  let scannedAt = due;
  let sentAt = due - everyMs;
  let worst = 0;
  let rss = 0;
  const beat = () => {
    sentAt = performance.now();
    rss = residentBytes() ?? rss;
    const heap = guard?.figures;
    const metrics = reporter?.report();
    const told: Heartbeat = {
      requests: meter.requests,
      rss,
      loopDelayMs: worst,
      ...(heap && { heap }),
      ...(metrics ? { metrics } : { loop: loopFigures() }),
    };
    if (!writer?.write(told)) send({ type: 'heartbeat', ...told });
    worst = 0;
  };
  const guard = heapGuard > 0 ? new HeapGuard(heapGuard, ownHeapLimit(), beat) : undefined;
  const look = () => {
    const now = performance.now();
    const loopDelayMs = Math.max(0, Math.round(now - due));
    due = now + LOOK_EVERY_MS;
    worst = Math.max(worst, loopDelayMs);
    reporter?.look(loopDelayMs);
    // Timers are a little early or late.
    if (now - sentAt > everyMs - LOOK_EVERY_MS / 2) beat();
    guard?.look();
    if (loopDelayWarning > 0 && loopDelayMs > loopDelayWarning) {
      send({ type: 'late', loopDelayMs, requests: inFlight.around(loopDelayMs + 2 * LOOK_EVERY_MS) });
    }
    if (requestTimeout === 0 || now - scannedAt < scanEveryMs) return;
    scannedAt = now;
    const waiting = inFlight.waiting(requestTimeout);
    if (waiting.requests.length > 0) send({ type: 'waiting', ...waiting });
  };
  setInterval(look, LOOK_EVERY_MS).unref();
  look();
}

function loopFigures() {
  const { active, idle } = performance.eventLoopUtilization();
  const { user, system } = process.cpuUsage();
  return { activeMs: active, idleMs: idle, cpuMs: (user + system) / 1_000 };
}

/** Node reads it from a file: without a free descriptor that throws, and must not end the worker. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
