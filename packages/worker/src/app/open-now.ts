/** The handles that keep the process alive at a moment, and the connections of servers among them. */
import type net from 'node:net';

/** The handles of one moment. */
export interface Open {
  /** From `process.getActiveResourcesInfo()`. */
  readonly resources: readonly string[];
  /** Number of connections of the app's servers. */
  readonly connections: number;
}

/** @param servers what the app has opened beside an HTTP/1.1 server */
export async function whatIsOpen(servers: readonly net.Server[]): Promise<Open> {
  const resources = process.getActiveResourcesInfo();
  // Node reads the number at once, and calls back in the next tick.
  const counts = servers.map(
    (server) => new Promise<number>((settle) => server.getConnections((_error, count) => settle(count ?? 0))),
  );
  return { resources, connections: (await Promise.all(counts)).reduce((sum, count) => sum + count, 0) };
}
