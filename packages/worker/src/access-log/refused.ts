/**
 * Requests that Node's server ends before the app has them: broken, too large, too slow, and a CONNECT that nobody answers.
 * Only 'clientError' tells of the first, and a listener would keep Node from answering (socketOnError,
 * lib/_http_server.js), so the server's `emit` is looked at.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { exchangeOn } from '../transport/http1-internals.ts';

interface ClientError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed: one packet. */
  readonly rawPacket?: Buffer;
  /** Where parsing has stopped in them. */
  readonly bytesParsed?: number;
}

export interface Refused {
  readonly socket: Socket;
  /** As Node answers; 499 for a client that has left. An app with a listener of its own may answer something else. */
  readonly status: number;
  /** As far as they can be read; empty otherwise. */
  readonly method: string;
  readonly target: string;
  /** `1.1`, or empty. */
  readonly version: string;
  /** The body of a request that the app has: it is no other one. */
  readonly isBody: boolean;
}

/** Nothing was sent of a response whose client has gone: as nginx logs it. */
export const CLIENT_LEFT = 499;

const STATUSES: Readonly<Record<string, number>> = {
  // The connection has ended in the middle of a request. Node answers 400, which nobody reads.
  HPE_INVALID_EOF_STATE: CLIENT_LEFT,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** More of the bytes is not looked at. */
const LONGEST_HEAD = 8_192;
const HEAD_ENDS = '\r\n\r\n';

/** Undefined for an error of the connection, which refuses no request. */
export function refusalOf(error: ClientError, socket: Socket): Refused | undefined {
  const { code = '' } = error;
  const status = STATUSES[code] ?? (code.startsWith('HPE_') ? 400 : undefined);
  if (status === undefined) return undefined;
  const [, method = '', target = '', version = ''] =
    /^([A-Z-]{1,32}) (\S+)(?: HTTP\/(\d\.\d)(?!\S))?/.exec(headIn(error)) ?? [];
  const { incoming } = exchangeOn(socket);
  return { socket, status, method, target, version, isBody: incoming?.complete === false };
}

/** The head that could not be parsed: others may stand before it in the same packet. */
function headIn({ rawPacket, bytesParsed = 0 }: ClientError): string {
  if (!rawPacket) return '';
  const before =
    bytesParsed < HEAD_ENDS.length ? -1 : rawPacket.lastIndexOf(HEAD_ENDS, bytesParsed - HEAD_ENDS.length);
  const begin = before < 0 ? 0 : before + HEAD_ENDS.length;
  return rawPacket.toString('latin1', begin, begin + LONGEST_HEAD);
}

export interface RefusalListener {
  refused(refused: Refused): void;
  /** A CONNECT, whether the app answers it or not. */
  connects(request: http.IncomingMessage, socket: Socket): void;
}

/** Called once for a server, when the app is loaded. */
export function watchRefused(server: http.Server, listener: RefusalListener): void {
  const { emit } = server;
  let isUnanswered = false;
  // Without a listener Node closes the connection of a CONNECT and tells nobody: this one does the same.
  server.prependListener('connect', (_request, socket) => {
    if (isUnanswered) socket.destroy();
  });
  server.emit = ((event: string | symbol, ...args: unknown[]) => {
    // Most events are requests: one without a list of its arguments costs half.
    if (event === 'request') return Reflect.apply(emit, server, ['request', args[0], args[1]]);
    if (event === 'clientError') {
      const refused = refusalOf(args[0] as ClientError, args[1] as Socket);
      if (refused) listener.refused(refused);
    } else if (event === 'connect') {
      isUnanswered = server.listenerCount('connect') === 1;
      listener.connects(args[0] as http.IncomingMessage, args[1] as Socket);
    }
    return Reflect.apply(emit, server, [event, ...args]);
  }) as typeof server.emit;
}
