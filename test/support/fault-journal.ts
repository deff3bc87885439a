/** What fixtures/fails-in-many-ways.mjs has written: which worker had which request, and where a fault struck. */
import fs from 'node:fs';
import { clientsIn, type KernelView } from './kernel-view.ts';

export interface Fault {
  /** The request that caused it. */
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  /** The clients' ports. */
  readonly clients: ReadonlySet<number>;
}

/** One worker. */
export interface Doings {
  readonly arrived: Set<string>;
  readonly answered: Set<string>;
  /** Answered after the first fault. */
  readonly finished: Set<string>;
  readonly faults: Fault[];
}

type Entry = { readonly pid: number; readonly id: string } & (
  | { readonly is: 'arrived' | 'answered' }
  | ({ readonly is: 'fault'; readonly kind: string; readonly at: number } & KernelView)
);

/** @returns the doings of each worker, by pid */
export function readJournal(file: string, serverPort: number): Map<number, Doings> {
  const doings = new Map<number, Doings>();
  for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const entry = JSON.parse(line) as Entry;
    const { pid, id } = entry;
    const of = doings.get(pid) ?? {
      arrived: new Set(),
      answered: new Set(),
      finished: new Set(),
      faults: [],
    };
    doings.set(pid, of);
    if (entry.is === 'fault') {
      of.faults.push({ id, kind: entry.kind, at: entry.at, clients: clientsIn(entry, serverPort) });
    } else {
      of[entry.is].add(id);
      if (entry.is === 'answered' && of.faults.length > 0) of.finished.add(id);
    }
  }
  return doings;
}
