/**
 * Writes heartbeats that are figures alone to the file of the master's. Created by the heartbeat; the other end is
 * master/src/heartbeat-file.ts.
 */
import fs from 'node:fs';
import {
  fileOf,
  fillRecord,
  HEARTBEAT_FD,
  type Heartbeat,
  RECORD_BYTES,
  RECORD_NUMBERS,
  sharedClock,
} from '@tshorn/core';

// An app may replace them, as libraries that mock the file system do.
const { fstatSync, writeSync } = fs;

export class HeartbeatWriter {
  readonly #record = new Float64Array(RECORD_NUMBERS);
  readonly #bytes = new Uint8Array(this.#record.buffer);
  readonly #position: number;
  readonly #fd: number;
  /** Undefined once it cannot be written. */
  #file: string | undefined;

  /**
   * @param place of this worker in the file
   * @param file as the master knows it: the app has been loaded before, and its code may have closed descriptors that are not its own
   */
  constructor({ place, file }: { readonly place: number; readonly file: string }, fd = HEARTBEAT_FD) {
    this.#position = place * RECORD_BYTES;
    this.#file = file;
    this.#fd = fd;
  }

  /** Returns false where the heartbeat has to travel as a message. Never throws. */
  write(heartbeat: Heartbeat): boolean {
    if (this.#file === undefined || !fillRecord(this.#record, heartbeat, sharedClock())) return false;
    // Whatever has the descriptor now may be a file of the app's.
    if (this.#identity() !== this.#file) this.#file = undefined;
    if (this.#file === undefined) return false;
    try {
      return writeSync(this.#fd, this.#bytes, 0, RECORD_BYTES, this.#position) === RECORD_BYTES;
    } catch {
      this.#file = undefined;
      return false;
    }
  }

  #identity(): string | undefined {
    try {
      return fileOf(fstatSync(this.#fd));
    } catch {
      return undefined;
    }
  }
}
