/**
 * The file in which workers at rest leave their heartbeats, each at a place of its own; the other end is
 * worker/src/heartbeat-writer.ts. One read tells of all workers, and wakes nobody. Created by the Attendants.
 *
 * It is a file in memory without a name: nobody else can open it, none stays behind, and no write waits for a disk, for which a worker
 * would count as hung. Where there is no such file system, heartbeats are messages.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import {
  fileOf,
  type Heartbeat,
  isRest,
  isWhole,
  lateMsOf,
  RECORD_BYTES,
  RECORD_NUMBERS,
  readRecord,
  sharedClock,
  writtenAt,
} from '@tshorn/core';
import { temporaryName } from './private-directory.ts';

/** tmpfs on every Linux: shm_overview(7). */
const DIRECTORY = '/dev/shm';
/** statfs(2). */
const TMPFS_MAGIC = 0x01021994;
/**
 * So often are the figures of a worker at rest read whole when nobody asks for them: those of 64 workers every two seconds took 0.2 % of a
 * core.
 */
const REST_MS = 60_000;

interface Place {
  readonly place: number;
  /** The last record that was seen, and the last one that was told. */
  readonly record: Float64Array;
  readonly told: Float64Array;
  /** Times of these records on the shared clock; at first, when the worker was started. */
  at: number;
  toldAt: number;
  /** The last record said nothing new. */
  rests: boolean;
}

export interface HeartbeatListener {
  /** @param ageMs how many milliseconds ago it was written */
  heard(serial: number, heartbeat: Heartbeat, ageMs: number): void;
  /**
   * A heartbeat that says no more than that the worker is alive and at rest.
   * @param loopDelayMs by how much its event loop was late
   */
  alive(serial: number, loopDelayMs: number, ageMs: number): void;
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
  /** Undefined before the first worker; `null` where there is no such file. */
  #opened: Omit<HeartbeatPlace, 'place'> | null | undefined;
  #records = new Float64Array(0);

  constructor(open = openInMemory) {
    this.#open = open;
  }

  /** The place of a worker that is about to start; undefined where its heartbeats are messages. */
  take(serial: number): HeartbeatPlace | undefined {
    this.#opened ??= this.#begin();
    if (!this.#opened) return undefined;
    const place = this.#free.pop() ?? this.#places.size;
    const at = sharedClock();
    const [record, told] = [new Float64Array(RECORD_NUMBERS), new Float64Array(RECORD_NUMBERS)];
    this.#places.set(serial, { place, record, told, at, toldAt: at, rests: false });
    return { ...this.#opened, place };
  }

  #begin() {
    const fd = this.#open();
    return fd === undefined ? null : { fd, file: fileOf(fs.fstatSync(fd)) };
  }

  /** Its process has ended. */
  ended({ serial }: { readonly serial: number }): void {
    const known = this.#places.get(serial);
    if (known) this.#free.push(known.place);
    this.#places.delete(serial);
  }

  /** Passes on the heartbeats that have been written since the last call. */
  read(listener: HeartbeatListener): void {
    if (!this.#opened || this.#places.size === 0) return;
    const numbers = (this.#places.size + this.#free.length) * RECORD_NUMBERS;
    if (this.#records.length < numbers) this.#records = new Float64Array(numbers);
    const records = this.#records;
    fs.readSync(this.#opened.fd, records, 0, numbers * Float64Array.BYTES_PER_ELEMENT, 0);
    const now = sharedClock();
    this.#places.forEach((known, serial) => {
      const from = known.place * RECORD_NUMBERS;
      // Most records have been seen before: they are not looked at any further. Nor is one of another worker that had the place before, which
      // is older than this worker.
      if (!((records[from] as number) > known.at)) return;
      this.#seen(serial, known, records.subarray(from, from + RECORD_NUMBERS), now, listener);
    });
  }

  /** Passes on the last heartbeat of each worker, also those that said nothing new: somebody wants the figures. */
  readAll(listener: HeartbeatListener): void {
    this.read(listener);
    this.#places.forEach((known, serial) => {
      this.#catchUp(serial, known, listener);
    });
  }

  /** Passes on the last heartbeat of one worker, also one that said nothing new. */
  last(serial: number, listener: HeartbeatListener): void {
    const known = this.#places.get(serial);
    if (!this.#opened || !known) return;
    const record = new Float64Array(RECORD_NUMBERS);
    fs.readSync(this.#opened.fd, record, 0, RECORD_BYTES, known.place * RECORD_BYTES);
    if (writtenAt(record) > known.at) this.#seen(serial, known, record, sharedClock(), listener);
    this.#catchUp(serial, known, listener);
  }

  /**
   * A message of the worker comes after what has been read. Passes on the last heartbeat that said nothing new: a rate is the difference
   * to the one before. The next one is told whatever it says, since the message has told more than fits a record.
   */
  overtaken(serial: number, listener: HeartbeatListener): void {
    const known = this.#places.get(serial);
    if (!known) return;
    this.#catchUp(serial, known, listener);
    known.rests = false;
  }

  #catchUp(serial: number, known: Place, listener: HeartbeatListener): void {
    if (known.at > known.toldAt) this.#tell(serial, known, sharedClock(), listener);
  }

  #seen(serial: number, known: Place, record: Float64Array, now: number, listener: HeartbeatListener): void {
    if (!isWhole(record)) return;
    const at = writtenAt(record);
    const rests = writtenAt(known.record) > 0 && isRest(known.record, record, known.told);
    if (!rests) this.#catchUp(serial, known, listener);
    known.record.set(record);
    known.at = at;
    // The first one at rest says that the load is over.
    if (rests && known.rests && at - known.toldAt < REST_MS)
      listener.alive(serial, lateMsOf(record), Math.max(0, now - at));
    else this.#tell(serial, known, now, listener);
    known.rests = rests;
  }

  #tell(serial: number, known: Place, now: number, listener: HeartbeatListener): void {
    known.toldAt = known.at;
    known.told.set(known.record);
    const heartbeat = readRecord(known.record)?.heartbeat;
    if (heartbeat) listener.heard(serial, heartbeat, Math.max(0, now - known.at));
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
