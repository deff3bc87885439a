/** The frames of a connection on their way out: those of one turn leave in one write. */
import type { Socket } from 'node:net';
import { DATA, HEADER_BYTES } from './frames.ts';

/** Room for the frames of one turn. */
const ROOM = 32_768;
/** A longer payload is written as it is: to copy it would cost more than a write of its own. */
const LONGEST_COPY = 8_192;

export class Outbox {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.allocUnsafe(ROOM);
  #length = 0;
  #isCorked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isEmpty(): boolean {
    return this.#length === 0 && !this.#isCorked;
  }

  /** Where the next frame begins, with room for `bytes`. Call `took` when it is written there. */
  room(bytes: number): { readonly buffer: Buffer; readonly at: number } {
    if (this.#length + bytes > this.#buffer.length) {
      this.#hold();
      if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes);
    }
    return { buffer: this.#buffer, at: this.#length };
  }

  took(end: number): void {
    this.#length = end;
  }

  /** A frame with a short payload of 32-bit numbers. */
  frame(type: number, flags: number, stream: number, ...payload: number[]): void {
    const { buffer, at } = this.room(HEADER_BYTES + 4 * payload.length);
    let end = writeHeader(buffer, at, 4 * payload.length, type, flags, stream);
    for (const number of payload) end = buffer.writeUInt32BE(number, end);
    this.#length = end;
  }

  /** A frame with this payload. */
  bytes(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const { length } = payload;
    if (length <= LONGEST_COPY) {
      const { buffer, at } = this.room(HEADER_BYTES + length);
      const end = writeHeader(buffer, at, length, type, flags, stream);
      buffer.set(payload, end);
      this.#length = end + length;
      return;
    }
    const { buffer, at } = this.room(HEADER_BYTES);
    this.#length = writeHeader(buffer, at, length, type, flags, stream);
    this.#hold();
    this.#socket.write(payload);
  }

  /** DATA. */
  data(flags: number, stream: number, payload: Uint8Array): void {
    this.bytes(DATA, flags, stream, payload);
  }

  /** What has been written so far waits in the socket for the rest of the turn. */
  #hold(): void {
    if (!this.#isCorked) this.#socket.cork();
    this.#isCorked = true;
    if (this.#length === 0) return;
    this.#socket.write(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafe(ROOM);
    this.#length = 0;
  }

  flush(): void {
    const socket = this.#socket;
    if (this.#isCorked) {
      this.#hold();
      this.#isCorked = false;
      socket.uncork();
    } else if (this.#length > 0) {
      socket.write(this.#buffer.subarray(0, this.#length));
      this.#length = 0;
      // The kernel has taken all of it; otherwise the bytes are still needed.
      if (socket.writableLength > 0) this.#buffer = Buffer.allocUnsafe(ROOM);
    }
  }
}

/** @returns where the payload begins */
export function writeHeader(
  buffer: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  buffer[at] = length >> 16;
  buffer[at + 1] = length >> 8;
  buffer[at + 2] = length;
  buffer[at + 3] = type;
  buffer[at + 4] = flags;
  buffer[at + 5] = stream >>> 24;
  buffer[at + 6] = stream >> 16;
  buffer[at + 7] = stream >> 8;
  buffer[at + 8] = stream;
  return at + HEADER_BYTES;
}
