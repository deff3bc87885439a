import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Session } from './session.ts';
import { Sessions } from './sessions.ts';

test('a session that begins late in a drain has a linger of its own until the final notice', async () => {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = net.connect((listener.address() as net.AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(listener, 'connection')) as [net.Socket];
  const final = jest.spyOn(Session.prototype, 'leaveNow');
  const clock = jest.spyOn(performance, 'now');
  const at = performance.now();
  const sessions = new Sessions(http.createServer());
  const draining = sessions.drain();
  clock.mockReturnValue(at + 5_000);
  sessions.secure(socket);
  // The notice is written in this turn, and the time runs from then on.
  draining.closeIdle(1_000, performance.now());
  await new Promise(setImmediate);
  draining.closeIdle(1_000, performance.now());
  clock.mockReturnValue(at + 5_999);
  draining.closeIdle(1_000, performance.now());
  expect(final).not.toHaveBeenCalled();
  clock.mockReturnValue(at + 6_000);
  draining.closeIdle(1_000, performance.now());
  expect(final).toHaveBeenCalledTimes(1);
  jest.restoreAllMocks();
  for (const each of [client, socket]) each.destroy();
  listener.close();
});
