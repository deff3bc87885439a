/** Ports that no process listens on, for programs that are told one. */
import { once } from 'node:events';
import net from 'node:net';

/** Below those that the kernel gives by itself, to connections for example: until they are used nobody else gets them. */
const FIRST = 12_000;
const LAST = 32_000;
/** The jest processes beside this one draw from other parts. */
const PARTS = 3;
const PART = (LAST - FIRST) / PARTS;

/** Free on every address, and in a row. */
export async function freePorts(count: number): Promise<number[]> {
  const part = Number(process.env.JEST_WORKER_ID ?? 0) % PARTS;
  const first = FIRST + Math.floor(part * PART + Math.random() * (PART - count));
  const ports = Array.from({ length: count }, (_, at) => first + at);
  const servers = ports.map((port) => net.createServer().listen(port));
  const results = await Promise.allSettled(servers.map((server) => once(server, 'listening')));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return results.every(({ status }) => status === 'fulfilled') ? ports : freePorts(count);
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0] as number;
