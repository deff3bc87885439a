/**
 * A descriptor to write to that never makes the master wait: its own log, and what its workers write on
 * standard error. `process.stderr` and a plain `fs.writeSync` wait on a pipe
 * (https://nodejs.org/api/process.html#a-note-on-process-io), so a reader that stalls would stop the loop.
 * Here data waits in a queue, and only the workers feel it, as they would on a descriptor of their own.
 */
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { targetOf, type WriteDone, type WriteTarget } from '@tshorn/core';

const STDERR = 2;
/** From this number of queued bytes on, workers are not read any more. */
const FULL_BYTES = 256 * 1024;
/** Time until a descriptor that said EAGAIN is tried again. Nothing tells when it is writable. */
const AGAIN_MS = 10;

/** Time that a waiting thread has to wake at the end of the process. */
const GIVE_UP_MS = 1_000;

interface Entry {
  readonly data: Buffer;
  readonly done: ((error: NodeJS.ErrnoException | null) => void) | undefined;
}

export class Outlet extends EventEmitter<{ drain: [] }> {
  readonly #open: () => WriteTarget;
  #target: WriteTarget | undefined;
  #queue: Entry[] = [];
  #bytes = 0;
  #writing = false;

  /** @param open called before the first write, and after `renew` */
  constructor(open: () => WriteTarget) {
    super();
    this.#open = open;
    // Each worker may wait for room.
    this.setMaxListeners(0);
  }

  /** Bytes that are queued or on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True while a worker's output has to wait for `drain`. */
  get full(): boolean {
    return this.#bytes >= FULL_BYTES;
  }

  /** Calls it when nothing is queued any more. */
  onRoom(act: () => void): void {
    this.once('drain', act);
  }

  /**
   * Writes at once where nothing is queued and the reader takes it; otherwise queues. Never throws.
   * @param done called when all of it is written, or with the reason why it is lost
   */
  add(data: Buffer, done?: Entry['done']): void {
    this.#queue.push({ data, done });
    this.#bytes += data.length;
    if (!this.#writing) this.#next();
  }

  /** Resolves when nothing is queued any more, or after `withinMs`. */
  async idle(withinMs: number): Promise<void> {
    if (!this.#writing) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.off('drain', end);
        resolve();
      };
      const timer = setTimeout(end, withinMs);
      this.once('drain', end);
    });
  }

  /** Uses another descriptor from the next write on: the log file was rotated. */
  renew(): void {
    const old = this.#target;
    this.#target = undefined;
    if (old?.isOwn) fs.closeSync(old.fd);
  }

  /**
   * The process is about to exit. A thread that waits in write(2) would keep it alive for ever, since libuv joins
   * its threads at exit; ending the socket's direction wakes it. Resolves when that is done. A thread that does not wake
   * is ended with the process, by SIGKILL.
   * @param isShared another process goes on writing to the same socket, so it must not be ended
   */
  async giveUp(isShared: boolean): Promise<void> {
    if (!this.#writing || this.#target?.isSync) return;
    if (isShared) process.kill(process.pid, 'SIGKILL');
    try {
      const socket = new net.Socket({ fd: this.#target?.fd ?? STDERR, readable: false, writable: true });
      socket.on('error', () => {}).end();
    } catch {
      // Not a socket: nothing but a signal ends the thread.
    }
    await this.idle(GIVE_UP_MS);
    if (this.#writing) process.kill(process.pid, 'SIGKILL');
  }

  #next(): void {
    const entries = this.#queue;
    this.#writing = entries.length > 0;
    if (!this.#writing) {
      this.emit('drain');
      return;
    }
    this.#queue = [];
    const [first] = entries as [Entry];
    const data = entries.length === 1 ? first.data : Buffer.concat(entries.map((entry) => entry.data));
    this.#put(data, (error) => {
      this.#next();
      for (const { done } of entries) done?.(error);
    });
  }

  #put(data: Buffer, done: (error: NodeJS.ErrnoException | null) => void): void {
    const write: WriteDone = (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#put(data, done), AGAIN_MS);
        return;
      }
      // Data that cannot be written (a full disk, a closed pipe) is lost, as it would be without a master.
      const taken = error ? data.length : written;
      this.#bytes -= taken;
      if (taken < data.length) this.#put(data.subarray(taken), done);
      else done(error);
    };
    try {
      this.#target ??= this.#open();
      this.#target.write(this.#target.fd, data, write);
    } catch (error) {
      write(error as NodeJS.ErrnoException, 0);
    }
  }
}

/** Standard error of this process, for everything that the master writes there. */
export const stderrOutlet = new Outlet(() => targetOf(STDERR));
