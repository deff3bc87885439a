/**
 * The file in which workers at rest leave their heartbeats, each at a place of its own; the other end is
 * worker/src/heartbeat-writer.ts. One read tells of all workers, and wakes nobody. Created by the Attendants.
 *
 * It is a file in memory without a name: nobody else can open it, none stays behind, and no write waits for a disk, for which a worker
 * would count as hung. Where there is no such file system, heartbeats are messages.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { fileOf, type Heartbeat, RECORD_NUMBERS, readRecord, sharedClock } from '@tshorn/core';
import { temporaryName } from './private-directory.ts';

/** tmpfs on every Linux: shm_overview(7). */
const DIRECTORY = '/dev/shm';
/** statfs(2). */
const TMPFS_MAGIC = 0x01021994;

interface Place {
  readonly place: number;
  /** Time of the last record that was read, on the shared clock; at first, when the worker was started. */
  at: number;
}

/** A worker is started with it. */
export interface HeartbeatPlace {
  readonly fd: number;
  readonly place: number;
  readonly file: string;
}

export class HeartbeatFile {
  readonly #places = new Map<number, Place>();
  readonly #free: number[] = [];
  readonly #open: () => number | undefined;
  #fd: number | undefined;
  #file = '';
  #tried = false;
  #records = new Float64Array(0);

  constructor(open = openInMemory) {
    this.#open = open;
  }

  /** The place of a worker that is about to start; undefined where its heartbeats are messages. */
  take(serial: number): HeartbeatPlace | undefined {
    if (!this.#tried) this.#begin();
    const fd = this.#fd;
    if (fd === undefined) return undefined;
    const place = this.#free.pop() ?? this.#places.size;
    this.#places.set(serial, { place, at: sharedClock() });
    return { fd, place, file: this.#file };
  }

  #begin(): void {
    this.#tried = true;
    this.#fd = this.#open();
    if (this.#fd !== undefined) this.#file = fileOf(fs.fstatSync(this.#fd));
  }

  /** Its process has ended. */
  ended({ serial }: { readonly serial: number }): void {
    const known = this.#places.get(serial);
    if (known) this.#free.push(known.place);
    this.#places.delete(serial);
  }

  /**
   * Passes on the heartbeats that have been written since the last call.
   * @param heard is told how many milliseconds ago it was written
   */
  read(heard: (serial: number, heartbeat: Heartbeat, ageMs: number) => void): void {
    if (this.#fd === undefined || this.#places.size === 0) return;
    const numbers = (this.#places.size + this.#free.length) * RECORD_NUMBERS;
    if (this.#records.length < numbers) this.#records = new Float64Array(numbers);
    const records = this.#records;
    // A record of another worker that had the place before is not read again: it is older than this worker.
    fs.readSync(this.#fd, records, 0, numbers * Float64Array.BYTES_PER_ELEMENT, 0);
    const now = sharedClock();
    for (const [serial, known] of [...this.#places]) {
      const from = known.place * RECORD_NUMBERS;
      // Most records have been read before: they are not looked at any further.
      if (!((records[from] as number) > known.at)) continue;
      const record = readRecord(records.subarray(from, from + RECORD_NUMBERS));
      if (!record) continue;
      known.at = record.at;
      heard(serial, record.heartbeat, Math.max(0, now - record.at));
    }
  }
}

function openInMemory(): number | undefined {
  try {
    if (process.platform !== 'linux' || fs.statfsSync(DIRECTORY).type !== TMPFS_MAGIC) return undefined;
    const path = join(DIRECTORY, temporaryName());
    const fd = fs.openSync(path, 'wx+', 0o600);
    fs.unlinkSync(path);
    return fd;
  } catch {
    return undefined;
  }
}
