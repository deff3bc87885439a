/** The words of the wire (RFC 9113, sections 4, 6 and 7). */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const HEADER_BYTES = 9;

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Of DATA and HEADERS. */
export const END_STREAM = 1;
/** Of SETTINGS and PING. */
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const WITH_PRIORITY = 0x20;

export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const COMPRESSION_ERROR = 9;
export const ENHANCE_YOUR_CALM = 11;

/** Of a stream and of a window. */
export const HIGHEST = 2 ** 31 - 1;
/** SETTINGS_INITIAL_WINDOW_SIZE, and the window of a connection, before anybody says otherwise. */
export const DEFAULT_WINDOW = 65_535;
/** The longest payload that is accepted: SETTINGS_MAX_FRAME_SIZE as it is at the begin. */
export const MOST_PAYLOAD = 16_384;

/** The peer has broken the protocol, or is an attacker: the connection ends with this code (section 5.4.1). */
export class ConnectionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
