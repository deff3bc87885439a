import fs from 'node:fs';

/**
 * Bytes of memory that a process holds, pages that it shares with others included; from Linux's /proc.
 * Undefined elsewhere, where nobody tells it without a further process, and for a process that is gone.
 */
export function residentBytes(pid: number): number | undefined {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
  } catch {
    return undefined;
  }
}
