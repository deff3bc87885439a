/** Cuts the bytes of a connection into frames (RFC 9113, section 4). */
import {
  ConnectionError,
  FRAME_SIZE_ERROR,
  HEADER_BYTES,
  MOST_PAYLOAD,
  PREFACE,
  PROTOCOL_ERROR,
} from './frames.ts';

/** The payload is `bytes` from `begin` to `end`. */
export type OnFrame = (
  type: number,
  flags: number,
  stream: number,
  bytes: Buffer,
  begin: number,
  end: number,
) => void;

export class FrameReader {
  readonly #onFrame: OnFrame;
  #bytes: Buffer | undefined;
  #at = 0;
  #hasPreface = false;
  #isReading = false;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** @throws ConnectionError; and what a handler of the app throws: `read()` goes on behind that frame */
  push(chunk: Buffer): void {
    const rest = this.#bytes;
    this.#bytes = rest ? Buffer.concat([rest.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
    this.read();
  }

  /** True when the end of a whole frame has come, and the frame has not been read. */
  get isInterrupted(): boolean {
    return this.#bytes !== undefined && this.#isWhole(this.#bytes);
  }

  #isWhole(bytes: Buffer): boolean {
    const left = bytes.length - this.#at;
    if (!this.#hasPreface) return left >= PREFACE.length;
    return left >= HEADER_BYTES && left >= HEADER_BYTES + lengthAt(bytes, this.#at);
  }

  read(): void {
    // A handler of the app that is called here may have an event emitted that leads here again.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      if (this.#hasPreface || this.#readPreface()) while (this.#readFrame());
    } finally {
      this.#isReading = false;
    }
  }

  #readPreface(): boolean {
    const bytes = this.#bytes as Buffer;
    const length = Math.min(bytes.length, PREFACE.length);
    if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) {
      throw new ConnectionError(PROTOCOL_ERROR, 'no preface of HTTP/2');
    }
    if (length < PREFACE.length) return false;
    this.#hasPreface = true;
    this.#at = length;
    return true;
  }

  #readFrame(): boolean {
    const bytes = this.#bytes;
    if (!bytes) return false;
    const at = this.#at;
    const left = bytes.length - at;
    if (left < HEADER_BYTES) {
      if (left === 0) this.#bytes = undefined;
      return false;
    }
    const length = lengthAt(bytes, at);
    if (length > MOST_PAYLOAD) throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
    const begin = at + HEADER_BYTES;
    const end = begin + length;
    if (end > bytes.length) return false;
    // Before the frame is dealt with: an exception of the app must not bring it back.
    this.#at = end;
    this.#onFrame(
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      streamAt(bytes, at + 5),
      bytes,
      begin,
      end,
    );
    return true;
  }
}

const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);

/** 31 bits. The first one is reserved, and ignored. */
export const streamAt = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) & 0x7fff_ffff;
