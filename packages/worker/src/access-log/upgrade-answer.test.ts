import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { bytesWrittenHere } from '../transport/http1-internals.ts';
import { watchAnswer } from './upgrade-answer.ts';

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

test('once the head is over, nothing is looked at any more', () => {
  const stream = new PassThrough();
  const begun = jest.fn();
  const answer = watchAnswer(stream, begun);
  stream.write(SWITCHING.slice(0, -1));
  expect(Object.hasOwn(stream, 'write')).toBe(true);
  stream.write('\nframe');
  stream.write('HTTP/1.1 500 frame\r\n\r\n');
  expect([Object.hasOwn(stream, 'write'), Object.hasOwn(stream, 'end')]).toEqual([false, false]);
  expect(answer).toEqual({ status: 101, headBytes: SWITCHING.length });
  expect(begun).toHaveBeenCalledTimes(1);
});

test('bytes that are no HTTP are all of the new protocol', () => {
  const stream = new PassThrough();
  const answer = watchAnswer(stream, () => {});
  stream.write(Buffer.from('raw\r\n\r\n'));
  expect(answer).toEqual({ status: 101, headBytes: 0 });
});

test('a connection that comes from another worker has been answered there', () => {
  const stream = Object.assign(new PassThrough(), { write: () => true });
  expect(watchAnswer(stream, () => {})).toEqual({ status: 101, headBytes: 0 });
  const socket = new Socket();
  Object.defineProperty(socket, 'bytesWritten', { get: () => 129 });
  expect(bytesWrittenHere(socket) || 0).toBe(0);
});

test('an app that wraps `write` keeps it, and nothing behind the head is looked at', () => {
  const stream = new PassThrough();
  const answer = watchAnswer(stream, () => {});
  const { write } = stream;
  stream.write = ((...args: Parameters<typeof write>) => Reflect.apply(write, stream, args)) as typeof write;
  stream.write(SWITCHING);
  const look = jest.spyOn(Buffer.prototype, 'toString');
  stream.write(Buffer.from('frame'));
  const looks = look.mock.calls.length;
  look.mockRestore();
  expect(looks).toBe(0);
  expect(answer).toEqual({ status: 101, headBytes: SWITCHING.length });
});
