import { PassThrough } from 'node:stream';
import { webSocketsOf } from './closable.ts';

const listOf = (socket: PassThrough) => webSocketsOf([socket]);

test('its client gets one frame: 1012, service restart', () => {
  const socket = new PassThrough();
  for (const closable of listOf(socket)) closable.close();
  const frame: Buffer = socket.read();
  expect(frame.subarray(0, 4).toString('hex')).toBe('881103f4');
  expect(frame.subarray(4).toString()).toBe('service restart');
});

test('an error of the connection ends nothing else', () => {
  const socket = new PassThrough();
  for (const closable of listOf(socket)) closable.close();
  expect(() => socket.emit('error', new Error('write EPIPE'))).not.toThrow();
});

test('it is left alone when its library has ended it', () => {
  const socket = new PassThrough();
  expect(listOf(socket)).toHaveLength(1);
  socket.end();
  expect(listOf(socket)).toEqual([]);
});

test('it is left alone while it is corked: somebody is in the middle of something', () => {
  const socket = new PassThrough();
  socket.cork();
  expect(listOf(socket)).toEqual([]);
  socket.uncork();
  expect(listOf(socket)).toHaveLength(1);
});

test('it is left alone while another stream is piped into it: a chunk is no frame', () => {
  const socket = new PassThrough();
  const backend = new PassThrough();
  backend.pipe(socket);
  expect(listOf(socket)).toEqual([]);
  backend.unpipe(socket);
  expect(listOf(socket)).toHaveLength(1);
});
