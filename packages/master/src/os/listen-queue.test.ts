import { once } from 'node:events';
import net from 'node:net';
import { ListenQueues, type Queued, readListenQueue } from './listen-queue.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (state: string, waiting: string, inode: number) =>
  `   0: 0100007F:1F90 00000000:0000 ${state} 00000000:${waiting} 00:00000000 00000000     0        0 ${inode} 1 0000 100 0 0 10 0\n`;
const netstat =
  'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 7 9\nIpExt: InNoRoutes\nIpExt: 0\n';

test('the queue of each listening socket is read, and nothing of what follows them', () => {
  const tcp = head + row('0A', '00000011', 5) + row('01', '00000009', 6);
  const enough: boolean[] = [];
  const read = readListenQueue(
    (file, isEnough) => {
      if (file.endsWith('tcp6')) return head + row('0A', '00000002', 8);
      enough.push(isEnough(head), isEnough(head + row('0A', '00000011', 5)), isEnough(tcp));
      return tcp;
    },
    () => netstat,
  );
  expect(enough).toEqual([false, false, true]);
  expect([...read.waiting]).toEqual([
    [5, 17],
    [8, 2],
  ]);
  expect(read.overflows).toBe(7);
});

test('a row that is cut off is not read', () => {
  const cut = head + row('0A', '00000001', 123_456).slice(0, -40);
  expect(
    readListenQueue(
      () => cut,
      () => netstat,
    ).waiting.size,
  ).toBe(0);
});

test('the connections that the kernel has dropped count from the start of the master on, and not from its own', () => {
  let overflows: number | undefined = 103_525;
  const read = () => ({ waiting: new Map(), ...(overflows !== undefined && { overflows }) });
  const queues = new ListenQueues(() => [], read, overflows);
  expect(queues.now().overflows).toBe(0);
  overflows += 3;
  jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_000);
  expect(queues.now().overflows).toBe(3);
  jest.restoreAllMocks();
  overflows = undefined;
  expect(new ListenQueues(() => [], read).now()).toEqual({ queues: [] });
});

test('where the kernel does not tell, nothing is known', () => {
  expect(
    readListenQueue(
      () => '',
      () => undefined,
    ),
  ).toEqual({ waiting: new Map() });
});

(process.platform === 'linux' ? test : test.skip)(
  'a socket that listens is found by its descriptor',
  async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { _handle: handle } = server as unknown as { _handle: Queued['handle'] };
    const address = { kind: 'tcp', host: '127.0.0.1', port: 8000 } as const;
    const { queues } = new ListenQueues(() => [{ address, handle }]).now();
    server.close();
    const other = new ListenQueues(() => [{ address, handle: { fd: 1 } as typeof handle }]).now();
    expect([queues, other.queues]).toEqual([[{ address: '127.0.0.1:8000', waiting: 0 }], []]);
  },
);
