/**
 * The worker processes of now, one record each. A record is made and removed here and nowhere else; each attendant
 * hears of both, so that none keeps anything of a worker that is gone. Created by the Performer.
 */
import { describeThrown, type WorkerIdentity } from '@tshorn/core';
import type { SpawnRequest } from './fork-worker.ts';
import type { Logger } from './log.ts';
import type { Release } from './release.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** One worker process, from before its start until its end is known. */
export interface CrewMember {
  readonly serial: number;
  readonly identity: Omit<WorkerIdentity, 'pid'>;
  readonly release: Release;
  readonly request: SpawnRequest;
  readonly handle: WorkerHandle;
}

/** A part of the master that knows one thing about each worker. */
export interface Attendant {
  /** The process is about to be started. */
  born?(worker: CrewMember): void;
  /** The process is there. */
  spawned?(worker: CrewMember, pid: number): void;
  /** The process has ended, or could not be started; the state does not know that yet. */
  ended?(worker: CrewMember): void;
  /** The state knows the worker no more. */
  gone?(worker: CrewMember): void;
}

export class Crew {
  readonly #log: Logger;
  readonly #members = new Map<number, CrewMember>();
  #attendants: readonly Attendant[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** To be called once, before the first worker. */
  attend(attendants: readonly Attendant[]): void {
    this.#attendants = attendants;
  }

  /** The worker's process; undefined after its end. */
  get(serial: number): WorkerHandle | undefined {
    return this.#members.get(serial)?.handle;
  }

  releaseOf(serial: number): Release | undefined {
    return this.#members.get(serial)?.release;
  }

  get serials(): number[] {
    return [...this.#members.keys()];
  }

  get handles(): WorkerHandle[] {
    return [...this.#members.values()].map(({ handle }) => handle);
  }

  /** The serial of the worker with that pid. */
  serialOf(pid: number): number | undefined {
    return [...this.#members.values()].find(({ handle }) => handle.pid === pid)?.serial;
  }

  add(worker: CrewMember): void {
    this.#members.set(worker.serial, worker);
    this.#each((attendant) => attendant.born?.(worker));
  }

  spawned(worker: CrewMember, pid: number): void {
    this.#each((attendant) => attendant.spawned?.(worker, pid));
  }

  /** @param report tells the state that the worker has ended */
  remove(worker: CrewMember, report: () => void): void {
    this.#members.delete(worker.serial);
    this.#each((attendant) => attendant.ended?.(worker));
    report();
    this.#each((attendant) => attendant.gone?.(worker));
  }

  /** An attendant that throws must not keep the others from hearing of it. */
  #each(call: (attendant: Attendant) => void): void {
    for (const attendant of this.#attendants) {
      try {
        call(attendant);
      } catch (error) {
        this.#log.error(`internal error of ${attendant.constructor.name}: ${describeThrown(error)}`);
      }
    }
  }
}
