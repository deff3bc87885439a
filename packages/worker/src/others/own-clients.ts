/**
 * The outgoing connections of this process. An app may be its own client (a bridge, a debug console, an internal API on
 * another port): a connection both of whose ends are here ends with the process, and keeps no drain waiting.
 */
import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { OpenSockets } from '../transport/open-sockets.ts';

export class OwnClients {
  readonly #sockets = new OpenSockets();

  /** From here on outgoing connections are kept in a list (https://nodejs.org/api/diagnostics_channel.html#net). */
  constructor() {
    diagnostics.subscribe('net.client.socket', (message) => {
      this.#sockets.add((message as { socket: Socket }).socket);
    });
  }

  /** @returns those of the accepted connections whose clients are not in this process */
  foreign(accepted: readonly Socket[]): Socket[] {
    const own = new Set(
      this.#sockets.list().map(({ localPort, remotePort }) => `${remotePort} ${localPort}`),
    );
    return accepted.filter(
      ({ localPort, remotePort }) => remotePort === undefined || !own.has(`${localPort} ${remotePort}`),
    );
  }
}
