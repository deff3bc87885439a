/**
 * The HTTP/2 sessions of a worker that drains. RFC 9113, section 6.8: a first GOAWAY with the highest stream number says
 * that the server leaves, and refuses nothing; the final one follows after the linger, when no request can cross with it
 * any more. Streams that are open by then finish.
 *
 * Node sends only final notices, which refuse the requests that cross with them. Beside nghttp2 the first one can be
 * written on a plain TCP connection: nghttp2 writes whole frames, and a socket keeps the order of its writes. On TLS that
 * aborts the process, so there the final notice comes alone. Clients repeat a refused request by themselves (gRPC does):
 * the server says that it has not been processed.
 */
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { DrainingConnections } from '../transport/transport.ts';

/** Length 8, type GOAWAY, no flags, stream 0; the highest stream number; NO_ERROR. */
const GOAWAY = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

export class Http2Drain implements DrainingConnections {
  readonly #sessions: ReadonlyMap<ServerHttp2Session, Socket>;

  /** @param sessions open sessions, with their TCP connections */
  constructor(sessions: ReadonlyMap<ServerHttp2Session, Socket>) {
    this.#sessions = sessions;
  }

  beginClosing(): void {
    for (const [session, socket] of this.#sessions) {
      if (session.encrypted) continue;
      const tell = () => {
        if (socket.writable && !session.closed) socket.write(GOAWAY);
      };
      // SETTINGS has to be the first frame of a server (section 3.4), and nghttp2 may not have written it yet.
      if (session.pendingSettingsAck) session.once('localSettings', tell);
      else tell();
    }
  }

  /** All count as finished: Node does not say whether a session has streams. */
  closeIdle(): number {
    for (const session of this.#sessions.keys()) if (!session.closed) session.close();
    return 0;
  }

  forceClose(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  /** A session that has been told stays told. */
  release(): void {}
}
