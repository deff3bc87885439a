/** SETTINGS, ours and the client's (RFC 9113, section 6.5.2). */
import { ConnectionError, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, HIGHEST, PROTOCOL_ERROR } from './frames.ts';

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;

/** Requests that a client may have under way at once. RFC 9113 asks for 100 at least. */
export const MOST_STREAMS = 200;
/** Bytes of one body that wait for the app at most. */
export const STREAM_WINDOW = 131_072;
/** Bytes on their way on one connection: they wait in their streams, so this window opens as they come. */
export const CONNECTION_WINDOW = 1_048_576;

/** @param mostList bytes of a request's fields, as Node counts them for HTTP/1 */
export const ownSettings = (mostList: number): Buffer =>
  payloadOf([
    [MAX_CONCURRENT_STREAMS, MOST_STREAMS],
    [INITIAL_WINDOW_SIZE, STREAM_WINDOW],
    [MAX_HEADER_LIST_SIZE, mostList],
  ]);

function payloadOf(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  for (const [at, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  }
  return payload;
}

export interface PeerSettings {
  readonly tableSize?: number;
  readonly initialWindow?: number;
  readonly mostPayload?: number;
}

/** @throws ConnectionError */
export function readSettings(bytes: Buffer, begin: number, end: number): PeerSettings {
  if ((end - begin) % 6 !== 0) throw new ConnectionError(FRAME_SIZE_ERROR, 'SETTINGS of a wrong length');
  const settings: { -readonly [K in keyof PeerSettings]: PeerSettings[K] } = {};
  for (let at = begin; at < end; at += 6) {
    const value = bytes.readUInt32BE(at + 2);
    switch (bytes.readUInt16BE(at)) {
      case HEADER_TABLE_SIZE:
        settings.tableSize = value;
        break;
      case ENABLE_PUSH:
        if (value > 1) throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS_ENABLE_PUSH is neither 0 nor 1');
        break;
      case INITIAL_WINDOW_SIZE:
        if (value > HIGHEST)
          throw new ConnectionError(FLOW_CONTROL_ERROR, 'an initial window above the highest');
        settings.initialWindow = value;
        break;
      case MAX_FRAME_SIZE:
        if (value < 16_384 || value > 16_777_215) {
          throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS_MAX_FRAME_SIZE out of range');
        }
        settings.mostPayload = value;
        break;
      default:
      // Unknown ones are ignored, and so are those that limit what a server does not do.
    }
  }
  return settings;
}
