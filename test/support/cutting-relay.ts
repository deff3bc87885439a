/** Stands between clients and a server, and cuts what the clients send at random bytes, with random pauses: records, too. */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

const MOST_PAUSE_MS = 60;

export interface CuttingRelay {
  readonly port: number;
  close(): void;
}

export async function cuttingRelay(port: number, random: Random): Promise<CuttingRelay> {
  const open = new Set<net.Socket>();
  const relay = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    let written = Promise.resolve();
    const write = async (bytes: Buffer) => {
      if (random.chance(0.5) || bytes.length < 2) return void server.write(bytes);
      const at = random.chance(0.3)
        ? 1 + random.below(Math.min(30, bytes.length - 1))
        : random.below(bytes.length);
      server.write(bytes.subarray(0, at));
      await sleep(random.upTo(MOST_PAUSE_MS));
      server.write(bytes.subarray(at));
    };
    client.on('data', (bytes) => {
      written = written.then(() => write(bytes));
    });
    client.on('end', () => void written.then(() => server.end()));
    server.pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    close() {
      relay.close();
      for (const socket of open) socket.destroy();
    },
  };
}
