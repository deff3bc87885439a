/**
 * The HTTP/2 connections of the app's server, and those that have not said so far whether they are such. The plug of the
 * front (front/entry.ts); nothing of it is loaded without `--http2`.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Entry, Http2 } from '../front/entry.ts';
import { markHttp2 } from '../transport/moves.ts';
import type { Beside, DrainingConnections } from '../transport/transport.ts';
import { Session } from './session.ts';
import { Undecided } from './undecided.ts';

export class Sessions implements Http2, Beside {
  readonly #server: http.Server;
  readonly #sessions = new Set<Session>();
  readonly #undecided: Undecided;
  /** When they were told that this end leaves. */
  readonly #told = new WeakMap<Session, number>();
  #isLeaving = false;

  constructor(server: http.Server) {
    this.#server = server;
    this.#undecided = new Undecided(server, (socket) => this.secure(socket));
  }

  plain(socket: Socket, next: Entry): void {
    this.#undecided.add(socket, next);
  }

  secure(socket: Socket): void {
    markHttp2(socket);
    const session = new Session(this.#server, socket, (closed) => this.#sessions.delete(closed));
    this.#sessions.add(session);
    if (this.#isLeaving) this.#tell(session);
  }

  open(): Socket[] {
    return [...[...this.#sessions].map(({ socket }) => socket), ...this.#undecided.open()];
  }

  /** Plain connections that have not sent a byte may become anything, and move as idle ones do. */
  idle(): Socket[] {
    const sessions = [...this.#sessions].filter(({ isIdle }) => isIdle);
    return [...sessions.map(({ socket }) => socket), ...this.#undecided.silent()];
  }

  /** It may have been one of HTTP/1, or have been silent. */
  arrived(socket: Socket, serve: Entry): void {
    this.#undecided.add(socket, serve);
  }

  openResponses(): http.ServerResponse[] {
    const streams = [...this.#sessions].flatMap((session) => [...session.streams.values()]);
    return streams.flatMap(({ response }) => (response && !response.writableFinished ? response : []));
  }

  #tell(session: Session): void {
    this.#told.set(session, Number.POSITIVE_INFINITY);
    session.leave();
    // Behind the turn in which it is written.
    setImmediate(() => this.#told.set(session, performance.now()));
  }

  /** Tells every client at once: no connection of these moves, and none is refused a request that it has sent. */
  drain(): DrainingConnections {
    this.#isLeaving = true;
    let isClosing = false;
    for (const session of this.#sessions) this.#tell(session);
    return {
      beginClosing() {
        isClosing = true;
      },
      // They end by themselves when the client has answered; this one does not answer.
      closeIdle: (lingerMs, now) => {
        const until = now - lingerMs;
        for (const session of this.#sessions) if ((this.#told.get(session) ?? 0) <= until) session.leaveNow();
        return isClosing ? this.#undecided.closeSilent() : 0;
      },
      forceClose: () => {
        for (const session of [...this.#sessions]) session.destroy();
        this.#undecided.destroyAll();
      },
      release: () => {
        this.#isLeaving = false;
      },
    };
  }
}
