import http from 'node:http';
import { sharedClock, type ToMaster } from '@tshorn/core';
import type { AttachedListeners } from './app/listeners.ts';
import { Handoff } from './handoff.ts';
import { Http1 } from './transport/http1.ts';
import type { RawHandle } from './transport/transport.ts';

test('a TLS connection is declined where the code that continues it cannot be loaded', async () => {
  const transport = new Http1(http.createServer());
  transport.prepare = () => Promise.reject(new Error('ERR_MODULE_NOT_FOUND'));
  const sent: ToMaster[] = [];
  const declined = new Promise<void>((resolve) => {
    const send = async (message: ToMaster) => {
      sent.push(message);
      if (message.type === 'declined') resolve();
    };
    const listeners = { count: async () => 0 } as unknown as AttachedListeners;
    const handoff = new Handoff(transport, listeners, { send, direct: undefined });
    const handle = { close: () => void closed() } as RawHandle;
    handoff.obey({ type: 'take', id: 1, until: sharedClock() + 60_000, carry: '{"tls":{}}' }, handle);
    handoff.endCounting();
  });
  const closed = jest.fn();
  await declined;
  expect(closed).toHaveBeenCalledTimes(1);
  expect(sent.filter(({ type }) => type !== 'census')).toEqual([
    { type: 'declined', id: 1, reason: 'no-tls' },
  ]);
});
