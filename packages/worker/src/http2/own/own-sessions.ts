/**
 * The sessions of a server that the app has made by `node:http2`, for gRPC say: kept in a list, and drained without refusing a
 * request. RFC 9113, section 6.8: a first GOAWAY with the highest stream number says that the server leaves; when the client
 * has answered a PING behind it, no request is on its way any more, and the final one refuses none.
 *
 * Node sends only final notices. The first one is written beside nghttp2: on a TCP connection nghttp2 writes whole frames,
 * and the kernel keeps the order of the writes; a TLS one has a Carrier.
 */
import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { DrainingConnections } from '../../transport/transport.ts';
import { keepBelow } from './below.ts';
import { Carrier, tellOfConnection } from './carrier.ts';

/** Length 8, type GOAWAY, no flags, stream 0; the highest stream number; NO_ERROR. */
const NOTICE = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

type Listener = (this: Http2Server, socket: Socket | Carrier) => void;
type Connected = 'connection' | 'secureConnection';

export class OwnSessions {
  readonly #sessions = new Map<ServerHttp2Session, Socket | Carrier>();
  /** When they were told. */
  readonly #told = new WeakMap<ServerHttp2Session, number>();
  #isTelling = false;

  constructor(server: Http2Server) {
    const event: Connected = 'setSecureContext' in server ? 'secureConnection' : 'connection';
    // Node's own comes first: the constructor adds it (lib/internal/http2/core.js, connectionListener).
    const [own] = server.listeners(event) as Listener[];
    if (!own) return;
    let newest: Socket | Carrier | undefined;
    const take = (socket: Socket) => {
      const { encrypted, alpnProtocol } = socket as Partial<TLSSocket>;
      newest = encrypted && alpnProtocol === 'h2' ? new Carrier(socket as TLSSocket) : socket;
      own.call(server, newest);
    };
    server.removeListener(event, own as never);
    server.prependListener(event, take);
    server.on('session', (opened) => {
      const session = opened as ServerHttp2Session;
      if (newest) {
        this.#sessions.set(session, newest);
        keepBelow(session, newest instanceof Carrier ? newest.socket : newest);
      }
      if (newest instanceof Carrier) tellOfConnection(session, newest.socket);
      session.once('close', () => this.#sessions.delete(session));
      if (this.#isTelling && newest) this.#tell(session, newest);
    });
  }

  get all(): ServerHttp2Session[] {
    return [...this.#sessions.keys()];
  }

  /** The connection that it was made on. */
  below(session: unknown): Socket | undefined {
    const carried = this.#sessions.get(session as ServerHttp2Session);
    return carried instanceof Carrier ? carried.socket : carried;
  }

  /** The connections below them. */
  sockets(): Socket[] {
    return [...this.#sessions.values()].map((carried) =>
      carried instanceof Carrier ? carried.socket : carried,
    );
  }

  drain(): DrainingConnections {
    return {
      beginClosing: () => {
        this.#isTelling = true;
        for (const [session, carrier] of this.#sessions) this.#tell(session, carrier);
      },
      // All count as finished: Node does not say whether a session has streams.
      closeIdle: (lingerMs, now) => {
        const until = now - lingerMs;
        for (const session of this.all) if ((this.#told.get(session) ?? 0) <= until) leave(session);
        return 0;
      },
      forceClose: () => {
        for (const session of this.all) session.destroy();
      },
      // A session that has been told stays told.
      release: () => {
        this.#isTelling = false;
      },
    };
  }

  #tell(session: ServerHttp2Session, carried: Socket | Carrier): void {
    const tell = () => {
      this.#told.set(session, performance.now());
      if (session.closed || session.destroyed || !carried.writable) return;
      if (carried instanceof Carrier) carried.between(NOTICE);
      else carried.write(NOTICE);
      // Refused while too many wait for their answers: closeIdle comes later.
      session.ping((error) => {
        if (!error) leave(session);
      });
    };
    this.#told.set(session, performance.now());
    // SETTINGS has to be the first frame of a server (section 3.4), and nghttp2 may not have written it yet.
    if (session.pendingSettingsAck) session.once('localSettings', tell);
    else tell();
  }
}

/** The final notice; streams that are open finish. */
function leave(session: ServerHttp2Session): void {
  if (!session.closed && !session.destroyed) session.close();
}
