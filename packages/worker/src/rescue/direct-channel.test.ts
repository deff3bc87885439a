/** With a channel that behaves as Node's: a second descriptor waits for the acknowledgement of the first. */
import { envelope } from '@tshorn/core';
import type { Withhold } from '../shield.ts';
import type { RawHandle } from '../transport/transport.ts';
import { DirectChannel, type Sending } from './direct-channel.ts';

const handle = {} as RawHandle;
const ACK = { cmd: 'NODE_HANDLE_ACK' };

class FakeChannel implements Sending {
  connected = true;
  _handleQueue: Sending['_handleQueue'] = null;
  /** What has been written, in order; with `*` for one that carries a descriptor. */
  readonly written: string[] = [];
  /** Writes that fail. */
  fails = false;
  isBlocking = false;
  readonly pipe = {
    writeQueueSize: 0,
    setBlocking: (on: boolean) => {
      this.isBlocking = on;
      return 0;
    },
  };
  readonly [Symbol('kChannelHandle')] = this.pipe;

  /** lib/internal/child_process.js */
  _send(message: object, handle: unknown, options: unknown, callback: unknown): boolean {
    if (this._handleQueue) return this._handleQueue.push({ message, handle, options, callback }) === 1;
    if (this.fails) return false;
    this.written.push(`${(message as { type: string }).type}${handle ? '*' : ''}`);
    if (handle) this._handleQueue = [];
    return true;
  }

  /** An acknowledgement has come. Fails as Node does when it expects none. */
  acknowledge(withhold: Withhold): void {
    if (withhold('internalMessage', [ACK])) return;
    if (!this._handleQueue) throw new Error('assertion failed');
    const queue = this._handleQueue;
    this._handleQueue = null;
    for (const { message, handle, options, callback } of queue)
      this._send(message, handle, options, callback);
  }
}

function open() {
  const channel = new FakeChannel();
  let withhold: Withhold = () => false;
  const shield = {
    withhold: (given: Withhold) => {
      withhold = given;
    },
  };
  const direct = DirectChannel.open(shield, channel) as DirectChannel;
  return { channel, direct, acknowledge: () => channel.acknowledge(withhold) };
}

const message = (type: string) => envelope({ type });
const written = ({ written }: FakeChannel) => written.splice(0).join(' ');

test('many descriptors leave at once, and Node does not hear of their acknowledgements', () => {
  const { channel, direct, acknowledge } = open();
  for (const type of ['a', 'b', 'c']) expect(direct.send(message(type), handle)).toBe(true);
  expect(written(channel)).toBe('a* b* c*');
  for (const _ of 'abc') acknowledge();
  expect(acknowledge).toThrow('assertion failed');
});

test('what was on its way is acknowledged first, and what waited behind it leaves first', () => {
  const { channel, direct, acknowledge } = open();
  channel._send(message('a'), handle, {}, undefined);
  channel._send(message('b'), handle, {}, undefined);
  channel._send(message('c'), null, {}, undefined);
  channel._send({ type: 'app' }, handle, {}, undefined);
  direct.send(message('d'), handle);
  expect(written(channel)).toBe('a* b* c d*');
  acknowledge();
  expect(written(channel)).toBe('app*');
  acknowledge();
  acknowledge();
  channel._send(message('e'), handle, {}, undefined);
  expect(written(channel)).toBe('');
  acknowledge();
  expect(written(channel)).toBe('e*');
  acknowledge();
  expect(channel._handleQueue).toBeNull();
});

test('a second batch comes behind a descriptor that Node has sent meanwhile', () => {
  const { channel, direct, acknowledge } = open();
  direct.send(message('a'), handle);
  channel._send(message('b'), handle, {}, undefined);
  direct.send(message('c'), handle);
  channel._send(message('d'), handle, {}, undefined);
  expect(written(channel)).toBe('a* b* c*');
  acknowledge();
  expect(written(channel)).toBe('');
  acknowledge();
  expect(written(channel)).toBe('d*');
  acknowledge();
  acknowledge();
  expect(channel._handleQueue).toBeNull();
});

test('the channel blocks while it is written to, and not afterwards', () => {
  const { channel, direct } = open();
  const { _send } = channel;
  let wasBlocking = false;
  channel._send = (...args) => {
    wasBlocking = channel.isBlocking;
    return Reflect.apply(_send, channel, args);
  };
  direct.send(message('a'), handle);
  expect([wasBlocking, channel.isBlocking]).toEqual([true, false]);
});

test('nothing leaves behind a message of which libuv still has a part, nor when a write fails', () => {
  const { channel, direct } = open();
  channel.pipe.writeQueueSize = 10;
  expect(direct.send(message('a'), handle)).toBe(false);
  channel.pipe.writeQueueSize = 0;
  channel.fails = true;
  expect(direct.send(message('b'), handle)).toBe(false);
  channel.fails = false;
  channel.connected = false;
  expect(direct.send(message('c'), handle)).toBe(false);
  expect(written(channel)).toBe('');
});

test('a Node without these insides has none', () => {
  const shield = { withhold: () => {} };
  expect(DirectChannel.open(shield, {} as Sending)).toBeUndefined();
  const { _handleQueue, ...less } = new FakeChannel();
  expect(DirectChannel.open(shield, less as Sending)).toBeUndefined();
});
