/**
 * The HTTP/2 connections of the app's server, and those that have not said so far whether they are such. The plug of the
 * front (front/entry.ts); nothing of it is loaded without `--http2`.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Entry, Http2 } from '../front/entry.ts';
import type { DrainingConnections } from '../transport/transport.ts';
import { Session } from './session.ts';
import { Undecided } from './undecided.ts';

export class Sessions implements Http2 {
  readonly #server: http.Server;
  readonly #sessions = new Set<Session>();
  readonly #undecided: Undecided;
  #isLeaving = false;

  constructor(server: http.Server) {
    this.#server = server;
    this.#undecided = new Undecided(server, (socket) => this.secure(socket));
  }

  plain(socket: Socket, next: Entry): void {
    this.#undecided.add(socket, next);
  }

  secure(socket: Socket): void {
    const session = new Session(this.#server, socket, (closed) => this.#sessions.delete(closed));
    this.#sessions.add(session);
    if (this.#isLeaving) session.leave();
  }

  /** Plain connections that have not sent a byte: they may become anything, and move as idle ones do. */
  silent(): Socket[] {
    return this.#undecided.silent();
  }

  /** Those that speak HTTP/2. */
  open(): Socket[] {
    return [...this.#sessions].map(({ socket }) => socket);
  }

  /** Those of them without a request. */
  idle(): Socket[] {
    return [...this.#sessions].flatMap(({ socket, isIdle }) => (isIdle ? socket : []));
  }

  speaks(socket: Socket): boolean {
    return [...this.#sessions].some((session) => session.socket === socket);
  }

  openResponses(): http.ServerResponse[] {
    const streams = [...this.#sessions].flatMap((session) => [...session.streams.values()]);
    return streams.flatMap(({ response }) => (response && !response.writableFinished ? response : []));
  }

  /** Tells every client at once: no connection of these moves, and none is refused a request that it has sent. */
  drain(): DrainingConnections {
    this.#isLeaving = true;
    for (const session of this.#sessions) session.leave();
    return {
      beginClosing() {},
      // They end by themselves when the client has answered; this one does not answer.
      closeIdle: () => {
        for (const session of this.#sessions) session.leaveNow();
        return 0;
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
