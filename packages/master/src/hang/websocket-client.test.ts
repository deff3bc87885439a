import { frame } from './websocket-client.ts';

/** The text of a frame, as a server reads it. */
function unmask(bytes: Buffer): string {
  const short = (bytes[1] as number) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  const mask = bytes.subarray(start, start + 4);
  const payload = bytes.subarray(start + 4);
  return Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] as number))).toString();
}

test.each([0, 1, 125, 126, 65_535, 65_536])('a message of %i bytes is one frame', (length) => {
  const text = 'x'.repeat(length);
  expect(unmask(frame(text))).toBe(text);
});
