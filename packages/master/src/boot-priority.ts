/**
 * Keeps booting workers from starving those that serve: a booting worker has a lower CPU priority until it is admitted.
 * The Attendants create it. Linux only, and only where a lowered priority may be raised again: a worker that stayed at
 * a low priority would be worse than one that boots at the usual one.
 */
import os from 'node:os';
import { readText } from '@tshorn/core';
import type { Logger } from './log.ts';
import { childrenOf, threadsOf } from './os/proc.ts';

/** The calls of the kernel; unit tests drive a fake one. A nice value is -20 (first) to 19 (last). */
export interface Kernel {
  /** Thread ids of the process; none when it is gone, or there is no /proc. */
  threads(pid: number): number[];
  /** Processes that this thread of the process has started. */
  children(pid: number, thread: number): number[];
  /** The nice value of a thread; 0 is this one. Undefined when it has ended. */
  nice(thread: number): number | undefined;
  /** Sets that of a thread; its new threads and processes inherit it. False when it is not allowed. */
  setNice(thread: number, nice: number): boolean;
  /** RLIMIT_NICE: any process may go down to 20 minus this. https://man7.org/linux/man-pages/man2/getrlimit.2.html */
  niceLimit(): number;
}

interface Lowered {
  readonly low: number;
  readonly usual: number;
  readonly timer: NodeJS.Timeout;
}

export interface BootPriorityEvents {
  /** The priority of the process was lowered and cannot be raised, although a trial had said so. */
  onStuck(pid: number): void;
}

/** Far more than it takes: a pass finds only what was started during the one before. */
const MOST_PASSES = 100;

export class BootPriority {
  readonly #log: Logger;
  readonly #events: BootPriorityEvents;
  readonly #kernel: Kernel | undefined;
  readonly #lowered = new Map<number, Lowered>();
  /** Undefined until the first worker is to be lowered. */
  #allowed: boolean | undefined;

  constructor(
    log: Logger,
    events: BootPriorityEvents,
    kernel = process.platform === 'linux' ? linux : undefined,
  ) {
    this.#log = log;
    this.#events = events;
    this.#kernel = kernel;
  }

  /**
   * Lowers the priority of a process right after the fork, before it has made its threads; on a busy machine it may already have
   * some, and processes.
   * @param by nice levels, 0 for none
   * @param mostMs after this time it is raised in any case: on a machine without idle time a low priority gets little
   *   CPU, and must not make a good release miss its boot deadline
   */
  lower(pid: number, by: number, mostMs: number): void {
    const kernel = this.#kernel;
    if (!kernel || by === 0 || this.#allowed === false) return;
    const usual = kernel.nice(0) ?? 0;
    const low = Math.min(19, usual + by);
    if (low === usual) return;
    this.#allowed ??= mayRaise(kernel, pid, usual);
    if (!this.#allowed) {
      this.#log.debug(
        { event: 'no-boot-nice' },
        'workers boot at the usual priority, since a lowered one could not be raised again',
      );
      return;
    }
    const timer = setTimeout(() => this.raise(pid), mostMs).unref();
    this.#lowered.set(pid, { low, usual, timer });
    // The trial may have left some threads at another value.
    settle(
      () => threadsBelow(kernel, pid).filter((thread) => (kernel.nice(thread) ?? low) !== low),
      (thread) => kernel.setNice(thread, low),
    );
  }

  /** Raises every thread, and the processes that the app has started meanwhile. No effect on a process that is not low. */
  raise(pid: number): void {
    const lowered = this.#lowered.get(pid);
    if (!lowered || !this.#kernel) return;
    this.forget(pid);
    if (raiseAll(this.#kernel, pid, lowered)) return;
    if (this.#allowed) {
      this.#log.warn(
        { event: 'no-boot-nice', pid },
        `the priority of pid=${pid} cannot be raised again: the worker is replaced, and later workers boot at the usual priority`,
      );
    }
    this.#allowed = false;
    this.#events.onStuck(pid);
  }

  /** No worker serves any more: there is none to make way for. */
  raiseAll(): void {
    for (const pid of [...this.#lowered.keys()]) this.raise(pid);
  }

  /** The process is gone. */
  forget(pid: number): void {
    clearTimeout(this.#lowered.get(pid)?.timer);
    this.#lowered.delete(pid);
  }
}

/**
 * Tries it, since capabilities do not tell: in a user namespace a process may have CAP_SYS_NICE, and the kernel asks for
 * that of the initial namespace. One level up at once, instead of down and up again, so that nothing has happened where
 * it is refused. can_nice() in kernel/sched/syscalls.c
 */
function mayRaise(kernel: Kernel, pid: number, usual: number): boolean {
  // Without /proc its threads could not be found again.
  if (!kernel.threads(pid).includes(pid)) return false;
  if (kernel.niceLimit() >= 20 - usual) return true;
  return usual > -20 && kernel.setNice(pid, usual - 1);
}

/** A thread with another value than the low one got it from the app itself. */
const raiseAll = (kernel: Kernel, pid: number, { low, usual }: Lowered): boolean =>
  settle(
    () => threadsBelow(kernel, pid).filter((thread) => kernel.nice(thread) === low),
    (thread) => kernel.setNice(thread, usual),
  );

/** A thread that is still low may start another low one: repeated until a pass finds none. */
function settle(find: () => number[], set: (thread: number) => boolean): boolean {
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const found = find();
    if (found.length === 0) return true;
    if (!found.every(set)) return false;
  }
  return false;
}

/** The threads of the process and of its descendants; a process whose parent has ended belongs to init. */
function threadsBelow(kernel: Kernel, pid: number): number[] {
  const own = kernel.threads(pid);
  const children = own.flatMap((thread) => kernel.children(pid, thread));
  return [...own, ...children.flatMap((child) => threadsBelow(kernel, child))];
}

const linux: Kernel = {
  threads: threadsOf,
  // A kernel without CONFIG_PROC_CHILDREN tells none: then the processes of the app stay low.
  children: childrenOf,
  nice(thread) {
    try {
      // On Linux the id is a thread's, in spite of POSIX: setpriority(2), "C library/kernel differences".
      return os.getPriority(thread);
    } catch {
      return undefined;
    }
  },
  setNice(thread, nice) {
    try {
      os.setPriority(thread, nice);
      return true;
    } catch (error) {
      // A thread that has ended needs no priority.
      const { info } = error as { info?: { code?: string } };
      return info?.code === 'ESRCH';
    }
  },
  niceLimit() {
    const soft = /^Max nice priority\s+(\S+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
    return soft === 'unlimited' ? 40 : Number(soft ?? 0);
  },
};
