/** What a client sends, frame by frame (RFC 9113, section 6): checked, counted, and given to its stream. */
import { Bucket, CONTROL, PER_DATA_FRAME, PER_REQUEST, RESETS } from './flood.ts';
import { FrameReader, streamAt } from './frame-reader.ts';
import {
  ACK,
  COMPRESSION_ERROR,
  CONTINUATION,
  ConnectionError,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  GOAWAY,
  HEADERS,
  INTERNAL_ERROR,
  NO_ERROR,
  PADDED,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  STREAM_CLOSED,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from './frames.ts';
import { HpackDecoder, HpackError } from './hpack/decoder.ts';
import type { Peer } from './peer.ts';
import { beginRequest, endRequest } from './requests.ts';
import { CONNECTION_WINDOW, MOST_STREAMS, readSettings } from './settings.ts';
import { Stream } from './stream.ts';
import { resizeWindows, widenConnection, widenStream } from './windows.ts';

/** A header block in the making: bytes and frames that it may have at most (CVE-2024-27316 and others). */
const MOST_BLOCK = 262_144;
const MOST_CONTINUATIONS = 64;
/** Streams that were reset here, of which frames may be on their way still. */
const MOST_REMEMBERED = 1_000;

interface Block {
  readonly stream: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

const broken = (message: string): never => {
  throw new ConnectionError(PROTOCOL_ERROR, message);
};

export class Incoming {
  readonly #session: Peer;
  readonly #reader: FrameReader;
  readonly #decoder = new HpackDecoder();
  readonly #resets = new Bucket(RESETS);
  readonly #control = new Bucket(CONTROL);
  readonly #resetHere = new Set<number>();
  #hasSettings = false;
  #block: Block | undefined;
  #window = CONNECTION_WINDOW;
  #unacknowledged = 0;
  /** The last stream that the client has begun. */
  lastStream = 0;

  constructor(session: Peer) {
    this.#session = session;
    this.#reader = new FrameReader((...frame) => this.#frame(...frame));
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  /** Behind an exception of the app. */
  goOn(): void {
    this.#reader.read();
  }

  get isInterrupted(): boolean {
    return this.#reader.isInterrupted;
  }

  /** A frame of data has been sent: its window update will come. */
  earned(): void {
    this.#control.earn(PER_DATA_FRAME);
  }

  /** @throws ConnectionError where the client has caused too many: their handlers go on (MadeYouReset, CVE-2025-8671) */
  hasReset(id: number, code: number): void {
    if (code !== NO_ERROR && code !== INTERNAL_ERROR) this.#count(this.#resets);
    this.#resetHere.add(id);
    if (this.#resetHere.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#resetHere) return void this.#resetHere.delete(oldest);
  }

  #count(bucket = this.#control): void {
    if (!bucket.take()) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too many frames without a request');
  }

  #frame(type: number, flags: number, stream: number, bytes: Buffer, begin: number, end: number): void {
    if (!this.#hasSettings && (type !== SETTINGS || flags & ACK)) broken('the first frame is not SETTINGS');
    if (this.#block && (type !== CONTINUATION || stream !== this.#block.stream)) {
      broken('a frame within a header block');
    }
    switch (type) {
      case DATA:
        return this.#data(flags, stream, bytes, begin, end);
      case HEADERS:
        return this.#headers(flags, stream, bytes, begin, end);
      case CONTINUATION:
        return this.#continuation(flags, bytes, begin, end);
      case PRIORITY:
        return this.#priority(stream, bytes, begin, end);
      case RST_STREAM:
        return this.#rstStream(stream, end - begin);
      case SETTINGS:
        return this.#settings(flags, stream, bytes, begin, end);
      case PUSH_PROMISE:
        return broken('PUSH_PROMISE from a client');
      case PING:
        return this.#ping(flags, stream, bytes, begin, end);
      case GOAWAY:
        if (stream !== 0) broken('GOAWAY on a stream');
        return this.#session.leave();
      case WINDOW_UPDATE:
        return this.#windowUpdate(stream, bytes, begin, end);
      default:
        // Unknown ones are ignored (section 5.5).
        this.#count();
    }
  }

  /** @returns where the content ends and begins without padding, and a priority */
  #unpad(flags: number, bytes: Buffer, begin: number, end: number): [begin: number, end: number] {
    if ((flags & PADDED) === 0) return [begin, end];
    if (begin === end) throw new ConnectionError(FRAME_SIZE_ERROR, 'no room for the length of the padding');
    const last = end - (bytes[begin] as number);
    if (last < begin + 1) broken('more padding than frame');
    return [begin + 1, last];
  }

  #isIdle(id: number): boolean {
    return id > this.lastStream || id % 2 === 0;
  }

  #data(flags: number, id: number, bytes: Buffer, begin: number, end: number): void {
    if (id === 0 || this.#isIdle(id)) broken('DATA on a stream that has not begun');
    const length = end - begin;
    const [from, to] = this.#unpad(flags, bytes, begin, end);
    this.#receive(length);
    if (from === to && (flags & END_STREAM) === 0) this.#count();
    const stream = this.#session.streams.get(id);
    // Not counted where this end was the one to end it: the client has paid for these bytes, and may not know so far.
    if (!stream && this.#resetHere.has(id)) return;
    if (!stream || stream.remoteEnded) return this.#late(id, stream);
    if (stream.unacknowledged + length > this.#session.streamWindow) return stream.reset(FLOW_CONTROL_ERROR);
    const isLast = (flags & END_STREAM) !== 0;
    const received = stream.received + to - from;
    if (stream.expected >= 0 && (received > stream.expected || (isLast && received < stream.expected))) {
      return stream.reset(PROTOCOL_ERROR);
    }
    stream.receive(bytes.subarray(from, to), length);
    if (isLast) stream.receiveEnd();
  }

  /** The window of the connection: bodies wait in their streams, each within its own window. */
  #receive(length: number): void {
    this.#window -= length;
    if (this.#window < 0) throw new ConnectionError(FLOW_CONTROL_ERROR, 'more data than the window allows');
    this.#unacknowledged += length;
    if (this.#unacknowledged < CONNECTION_WINDOW / 2) return;
    this.#window += this.#unacknowledged;
    this.#session.allow(0, this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  /** A frame of a stream that is over, for the client or here. */
  #late(id: number, stream: Stream | undefined): void {
    this.#count();
    if (this.#resetHere.has(id) || id > this.#session.lastStream) return;
    if (stream) stream.reset(STREAM_CLOSED);
    else this.#session.sendReset(id, STREAM_CLOSED);
  }

  #headers(flags: number, id: number, bytes: Buffer, begin: number, end: number): void {
    if (id % 2 === 0) broken('HEADERS on a stream that no client begins');
    let [from, to] = this.#unpad(flags, bytes, begin, end);
    if (flags & WITH_PRIORITY) {
      if (to - from < 5) throw new ConnectionError(FRAME_SIZE_ERROR, 'no room for a priority');
      if (streamAt(bytes, from) === id) broken('a stream that depends on itself');
      from += 5;
    }
    const isLast = (flags & END_STREAM) !== 0;
    if (flags & END_HEADERS) return this.#decoded(id, isLast, bytes, from, to);
    this.#block = { stream: id, isLast, parts: [Buffer.from(bytes.subarray(from, to))], bytes: to - from };
  }

  #continuation(flags: number, bytes: Buffer, begin: number, end: number): void {
    const block = this.#block ?? broken('CONTINUATION without a header block');
    block.parts.push(Buffer.from(bytes.subarray(begin, end)));
    block.bytes += end - begin;
    if (block.bytes > MOST_BLOCK || block.parts.length > MOST_CONTINUATIONS) {
      throw new ConnectionError(ENHANCE_YOUR_CALM, 'a header block without end');
    }
    if ((flags & END_HEADERS) === 0) return;
    this.#block = undefined;
    this.#decoded(block.stream, block.isLast, Buffer.concat(block.parts));
  }

  #decoded(id: number, isLast: boolean, block: Buffer, begin = 0, end = block.length): void {
    const { mostList, streams, lastStream } = this.#session;
    let fields: string[];
    let size: number;
    try {
      ({ fields, size } = this.#decoder.decode(block, mostList, begin, end));
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(COMPRESSION_ERROR, error.message);
      throw error;
    }
    // Beyond the last one: the client has been told, and repeats it elsewhere (section 6.8).
    if (id > lastStream) {
      this.lastStream = Math.max(this.lastStream, id);
      return;
    }
    if (id <= this.lastStream) return this.#trailers(id, isLast, fields, streams.get(id));
    this.lastStream = id;
    this.#control.earn(PER_REQUEST);
    if (streams.size >= MOST_STREAMS) return this.#session.sendReset(id, REFUSED_STREAM);
    const stream = new Stream(this.#session, id, this.#session.initialWindow);
    streams.set(id, stream);
    beginRequest(stream, fields, { isLast, isTooLong: size > mostList });
  }

  #trailers(id: number, isLast: boolean, fields: string[], stream: Stream | undefined): void {
    if (!stream || stream.remoteEnded) {
      if (stream || this.#resetHere.has(id)) return this.#late(id, stream);
      throw new ConnectionError(STREAM_CLOSED, 'HEADERS on a stream that is over');
    }
    endRequest(stream, fields, isLast);
  }

  #priority(id: number, bytes: Buffer, begin: number, end: number): void {
    this.#count();
    if (id === 0) broken('PRIORITY without a stream');
    if (end - begin !== 5) throw new ConnectionError(FRAME_SIZE_ERROR, 'PRIORITY of a wrong length');
    if (streamAt(bytes, begin) === id) broken('a stream that depends on itself');
  }

  #rstStream(id: number, length: number): void {
    if (length !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, 'RST_STREAM of a wrong length');
    if (id === 0 || this.#isIdle(id)) broken('RST_STREAM on a stream that has not begun');
    this.#count(this.#resets);
    const reset = Object.assign(new Error('the client has taken the request back'), { code: 'ECONNRESET' });
    this.#session.streams.get(id)?.aborted(reset);
  }

  #settings(flags: number, id: number, bytes: Buffer, begin: number, end: number): void {
    if (id !== 0) broken('SETTINGS on a stream');
    this.#count();
    if (flags & ACK) {
      if (begin !== end) throw new ConnectionError(FRAME_SIZE_ERROR, 'an acknowledgement with a payload');
      return;
    }
    const session = this.#session;
    const { tableSize, initialWindow, mostPayload } = readSettings(bytes, begin, end);
    this.#hasSettings = true;
    if (tableSize !== undefined) session.encoder.setMaxSize(tableSize);
    if (mostPayload !== undefined) session.mostPayload = Math.min(mostPayload, 65_536);
    if (initialWindow !== undefined) resizeWindows(session, initialWindow);
    session.acknowledge(SETTINGS, new Uint8Array());
    session.mayGoOn();
  }

  #ping(flags: number, id: number, bytes: Buffer, begin: number, end: number): void {
    if (id !== 0) broken('PING on a stream');
    if (end - begin !== 8) throw new ConnectionError(FRAME_SIZE_ERROR, 'PING of a wrong length');
    this.#count();
    if (flags & ACK) return this.#session.pong(bytes.readUInt32BE(begin), bytes.readUInt32BE(begin + 4));
    this.#session.acknowledge(PING, bytes.subarray(begin, end));
  }

  #windowUpdate(id: number, bytes: Buffer, begin: number, end: number): void {
    if (end - begin !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, 'WINDOW_UPDATE of a wrong length');
    this.#count();
    const more = streamAt(bytes, begin);
    const session = this.#session;
    if (id !== 0 && this.#isIdle(id)) broken('WINDOW_UPDATE on a stream that has not begun');
    const stream = session.streams.get(id);
    if (id === 0) widenConnection(session, more);
    else if (stream) widenStream(stream, more);
    session.mayGoOn();
  }
}
