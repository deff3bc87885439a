/** Encodes frames as a WebSocket client does, and decodes those of a server (RFC 6455, section 5.2). */

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Encodes a frame of a client, which is masked. */
export function encode({ fin, opcode, payload }: Frame, mask: number): Buffer {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extra + 4 + length);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const start = 2 + extra + 4;
  frame.writeUInt32BE(mask, start - 4);
  for (let at = 0; at < length; at++) {
    frame[start + at] = payload[at]! ^ frame[start - 4 + (at % 4)]!;
  }
  return frame;
}

/** Decodes the first frame of a server; undefined while it is incomplete. */
export function decode(bytes: Buffer): { frame: Frame; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]!;
  if (short & 0x80) throw new Error('a server does not mask');
  if (bytes[0]! & 0x70) throw new Error('a reserved bit is set');
  const extra = short < 126 ? 0 : short === 126 ? 2 : 8;
  const start = 2 + extra;
  if (bytes.length < start) return undefined;
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const end = start + length;
  if (bytes.length < end) return undefined;
  const frame = {
    fin: (bytes[0]! & 0x80) !== 0,
    opcode: bytes[0]! & 0x0f,
    payload: bytes.subarray(start, end),
  };
  return { frame, rest: bytes.subarray(end) };
}
