import inspector from 'node:inspector';
import type { ToMaster } from '@tshorn/core';
import { WorkerInspector } from './inspector.ts';

afterEach(() => jest.restoreAllMocks());

test('an order to close ends the wait for an address that another worker still has', async () => {
  // As Node does where the address is in use: it tells stderr, and throws nothing.
  const attempt = jest.spyOn(inspector, 'open').mockImplementation((() => {}) as never);
  const sent: ToMaster[] = [];
  const own = new WorkerInspector(async (message) => void sent.push(message));
  const opened = own.open({ host: '127.0.0.1', port: 9_229 });
  own.close();
  expect(await opened).toBe(false);
  expect(attempt).toHaveBeenCalledTimes(1);
  expect(sent).toEqual([{ type: 'inspector', state: 'closed' }]);
});
