/** How often the sender looks for connections at rest. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { HandoffSender } from './handoff-sender.ts';
import { Http1 } from './transport/http1.ts';

test('it looks seldom for what does not come, and not at all in the end', async () => {
  const transport = new Http1(http.createServer());
  const sender = new HandoffSender(transport, new Set(), {
    offer: () => 1,
    state: () => {},
    warn: () => {},
  });
  const looks = jest.spyOn(transport, 'idle');
  const looksWithin = async (ms: number) => {
    looks.mockClear();
    await sleep(ms);
    return looks.mock.calls.length;
  };
  sender.sendAll();
  expect(await looksWithin(200)).toBeLessThan(100);
  while (looks.mock.calls.length === 0) await sleep(5);
  sender.sendNone();
  expect(await looksWithin(50)).toBe(0);
});
