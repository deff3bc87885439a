/**
 * `WatchdogSec=`: systemd restarts a service that has sent no heartbeat for that long
 * (https://www.freedesktop.org/software/systemd/man/latest/sd_watchdog_enabled.html).
 */

const LONGEST_TIMER_MS = 2_147_483_647;

/** Milliseconds between two heartbeats, half of what systemd allows; undefined where it expects none from `pid`. */
export function watchdogInterval(
  { WATCHDOG_USEC = '', WATCHDOG_PID }: NodeJS.ProcessEnv,
  pid: number,
): number | undefined {
  if (WATCHDOG_PID && WATCHDOG_PID !== String(pid)) return undefined;
  if (!/^\d+$/.test(WATCHDOG_USEC) || Number(WATCHDOG_USEC) === 0) return undefined;
  return Math.min(Math.max(Math.floor(Number(WATCHDOG_USEC) / 2_000), 1), LONGEST_TIMER_MS);
}
