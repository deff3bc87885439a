/** The limits of the kernel for this user and this control group. Linux only. */
import { textsInCgroup } from '@tshorn/core';
import type { LimitFacts } from '../facts.ts';
import type { System } from '../system.ts';

export function limitsOf(system: System): LimitFacts {
  const number = (path: string) => numberIn(system.read(path));
  const limits = system.read('/proc/self/limits') ?? '';
  return {
    openFiles: limitIn(limits, 'Max open files'),
    processes: system.uid === 0 ? undefined : limitIn(limits, 'Max processes'),
    pidsLeft: pidsLeft(system),
    somaxconn: number('/proc/sys/net/core/somaxconn'),
    inotifyWatches: number('/proc/sys/fs/inotify/max_user_watches'),
    inotifyInstances: number('/proc/sys/fs/inotify/max_user_instances'),
    overcommit: number('/proc/sys/vm/overcommit_memory'),
  };
}

const numberIn = (text: string | undefined): number | undefined =>
  /^\s*\d+\s*$/.test(text ?? '') ? Number(text) : undefined;

/** `Max open files   1024   4096   files`: soft and hard. Node raises its own soft limit to the hard one. */
function limitIn(text: string, name: string): number | undefined {
  const hard = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1];
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

function pidsLeft({ read }: System): number | undefined {
  const of = (file: string) => textsInCgroup('pids', { 1: file, 2: file }, read).map(numberIn);
  const now = of('pids.current');
  const left = of('pids.max').flatMap((most, at) => (most === undefined ? [] : [most - (now[at] ?? 0)]));
  return left.length > 0 ? Math.min(...left) : undefined;
}
