/**
 * How many connections wait in the kernel until a worker accepts them, and how many it has refused because a queue was
 * full. Linux only: proc_net(5), and TcpExt of net/ipv4/proc.c. The queue of a unix socket is told nowhere under /proc.
 */
import fs from 'node:fs';
import { formatAddress, type ReadText, readText } from '@tshorn/core';
import type { Listener } from '../listeners.ts';

export interface ListenQueue {
  /** By inode of the listening socket. */
  readonly waiting: ReadonlyMap<number, number>;
  /** Since the start of the network namespace, all its listeners together; absent where the kernel does not tell. */
  readonly overflows?: number;
}

/** `TCP_LISTEN` of net/tcp_states.h. */
const LISTEN = '0A';
/** A read of this file never brings more: seq_file. */
const CHUNK_BYTES = 4_096;
/** More rows than a machine has listeners. */
const MOST_BYTES = 256 * 1_024;

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** Reads what is at the head of a file, as long as the text so far is not enough. */
export type ReadHead = (file: string, isEnough: (text: string) => boolean) => string;

/** @param readHead for tests, as `read` is */
export function readListenQueue(readHead: ReadHead = headOf, read: ReadText = readText): ListenQueue {
  const waiting = new Map<number, number>();
  for (const table of TABLES) {
    // The kernel lists those that listen before all others: a machine with 100,000 connections is no reason to read them.
    for (const row of rowsOf(readHead(table, (text) => rowsOf(text).some(({ state }) => state !== LISTEN)))) {
      if (row.state === LISTEN) waiting.set(row.inode, row.waiting);
    }
  }
  const overflows = readOverflows(read);
  return { waiting, ...(overflows !== undefined && { overflows }) };
}

const readOverflows = (read: ReadText = readText): number | undefined =>
  countsIn(read('/proc/self/net/netstat'))?.get('ListenOverflows');

interface Row {
  readonly state: string;
  readonly waiting: number;
  readonly inode: number;
}

/** `sl local remote st tx:rx tr:when retrnsmt uid timeout inode ...`; the last row may be cut off. */
function rowsOf(text: string): Row[] {
  return text
    .split('\n')
    .slice(1, -1)
    .flatMap((line) => {
      const [, , , state, queues, , , , , inode] = line.trim().split(/\s+/);
      if (state === undefined || queues === undefined || inode === undefined) return [];
      return [{ state, waiting: Number.parseInt(queues.split(':')[1] ?? '', 16), inode: Number(inode) }];
    });
}

/** Two lines for each group: names, and values. */
function countsIn(text: string | undefined): Map<string, number> | undefined {
  const [names, values] = (text ?? '').split('\n').filter((line) => line.startsWith('TcpExt:'));
  const counts = values?.split(' ');
  return counts && new Map(names?.split(' ').map((name, at) => [name, Number(counts[at])]));
}

function headOf(file: string, isEnough: (text: string) => boolean): string {
  let text = '';
  let fd: number | undefined;
  try {
    fd = fs.openSync(file, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (text.length < MOST_BYTES) {
      const bytes = fs.readSync(fd, chunk);
      text += chunk.toString('latin1', 0, bytes);
      if (bytes === 0 || isEnough(text)) break;
    }
  } catch {
    // Not Linux, or without IPv6.
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
  return text;
}

/** Milliseconds. */
const FRESH_MS = 1_000;

export type Queued = Pick<Listener, 'address' | 'handle'>;

export interface QueueFigures {
  /** Those of which the kernel tells. */
  readonly queues: readonly { readonly address: string; readonly waiting: number }[];
  /** Since the start of the master; absent where the kernel does not tell. */
  readonly overflows?: number;
}

/** The queue of the master's own listeners. All who look within a second share one reading. */
export class ListenQueues {
  readonly #listeners: () => readonly Queued[];
  readonly #readNow: () => ListenQueue;
  #read: ListenQueue | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** The kernel counts from its own start on: as a count of this master, that would be a burst at each start. */
  readonly #overflowsBefore: number;

  /**
   * @param listeners those of unix sockets may be among them; of these nothing is known
   * @param read for tests, as `before` is: what the kernel has counted until now
   */
  constructor(
    listeners: () => readonly Queued[],
    read: () => ListenQueue = readListenQueue,
    before = readOverflows(),
  ) {
    this.#listeners = listeners;
    this.#readNow = read;
    this.#overflowsBefore = before ?? 0;
  }

  now(): QueueFigures {
    const now = performance.now();
    if (now - this.#readAt > FRESH_MS) {
      this.#read = this.#readNow();
      this.#readAt = now;
    }
    const { waiting, overflows } = this.#read ?? { waiting: new Map<number, number>() };
    const queues = this.#listeners().flatMap(({ address, handle }) => {
      const inode = inodeOf(handle.fd);
      const count = inode === undefined ? undefined : waiting.get(inode);
      return count === undefined ? [] : [{ address: formatAddress(address), waiting: count }];
    });
    const since = overflows === undefined ? undefined : overflows - this.#overflowsBefore;
    return { queues, ...(since !== undefined && { overflows: since }) };
  }
}

function inodeOf(fd: number): number | undefined {
  try {
    return fs.fstatSync(fd).ino;
  } catch {
    return undefined;
  }
}
