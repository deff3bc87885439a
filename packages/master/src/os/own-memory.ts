import { type ReadText, readText } from '@tshorn/core';

/**
 * Bytes of memory that a process shares with no other one: its code, which all workers share, does not count. Undefined
 * where the kernel does not tell (Linux only). proc_pid_status(5)
 */
export function ownMemory(pid: number | undefined, read: ReadText = readText): number | undefined {
  const text = pid === undefined ? undefined : read(`/proc/${pid}/status`);
  const kb = /^RssAnon:\s+(\d+) kB$/m.exec(text ?? '')?.[1];
  return kb === undefined ? undefined : Number(kb) * 1024;
}
