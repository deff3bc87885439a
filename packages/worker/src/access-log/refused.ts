/**
 * Requests that Node's server refuses before the app has them: broken, too large, too slow. Only 'clientError' tells of
 * them, and a listener would keep Node from answering (socketOnError, lib/_http_server.js), so the server's `emit` is
 * looked at.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';

interface ClientError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed. */
  readonly rawPacket?: Buffer;
}

export interface Refused {
  readonly socket: Socket;
  /** As Node answers. An app with a listener of its own may answer something else. */
  readonly status: number;
  /** As far as they can be read. */
  readonly method: string;
  readonly target: string;
}

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** More of the bytes is not looked at. */
const LONGEST_HEAD = 8_192;

/** Undefined for an error of the connection, which refuses no request. */
export function refusalOf(error: ClientError, socket: Socket): Refused | undefined {
  const { code = '', rawPacket } = error;
  const status = STATUSES[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
  if (status === undefined) return undefined;
  const head = rawPacket?.toString('latin1', 0, LONGEST_HEAD) ?? '';
  const [, method = '-', target = '-'] = /^([A-Z-]{1,32}) ([^\s]+)/.exec(head) ?? [];
  return { socket, status, method, target };
}

export function watchRefused(server: http.Server, onRefused: (refused: Refused) => void): void {
  const { emit } = server;
  server.emit = ((event: string | symbol, ...args: unknown[]) => {
    if (event === 'clientError') {
      const refused = refusalOf(args[0] as ClientError, args[1] as Socket);
      if (refused) onRefused(refused);
    }
    return Reflect.apply(emit, server, [event, ...args]);
  }) as typeof server.emit;
}
