/**
 * A server that the app has opened beside the one that tshorn serves: a metrics port, gRPC, WebSockets, plain TCP. Its
 * listener is node:cluster's. Created by OtherServers when it listens.
 */
import type { Http2Server } from 'node:http2';
import type net from 'node:net';
import type { Socket } from 'node:net';
import { isHttp2, isHttpServer } from '../app/http-server.ts';
import { originalListen } from '../app/listen-capture.ts';
import { pause } from '../app/pause.ts';
import { OwnSessions } from '../http2/own/own-sessions.ts';
import { Http1 } from '../transport/http1.ts';
import { OpenSockets } from '../transport/open-sockets.ts';
import type { DrainingConnections } from '../transport/transport.ts';
import { listenAgain, quietly } from './quietly.ts';

export class OtherServer {
  readonly #server: net.Server;
  readonly #args: readonly unknown[];
  readonly #sockets = new OpenSockets();
  readonly #sessions: OwnSessions | undefined;
  readonly #http: Http1 | undefined;
  /** Present while it is paused. */
  #resume: (() => boolean) | undefined;

  /** @param args of its `listen()` */
  constructor(server: net.Server, args: readonly unknown[]) {
    this.#server = server;
    this.#args = args;
    this.#http = isHttpServer(server) ? new Http1(server) : undefined;
    this.#sessions = isHttp2(server) ? new OwnSessions(server as Http2Server) : undefined;
    server.on('connection', (socket) => this.#sockets.add(socket));
  }

  /** Open connections, upgraded ones too. */
  sockets(): Socket[] {
    return this.#sockets.list();
  }

  /** Open WebSockets. */
  webSockets(): Socket[] {
    return this.#http?.webSockets() ?? [];
  }

  /** Stops accepting: node:cluster gives new connections to the other workers that share the address. */
  pause(): void {
    // A server that the app has closed accepts nothing, and must not seem to listen again.
    if (this.#server.listening) this.#resume ??= pause(this.#server);
  }

  /** Accepts again. Rejects when the address cannot be listened on. */
  async resume(): Promise<void> {
    const unpause = this.#resume;
    this.#resume = undefined;
    if (!unpause?.()) return;
    await quietly(this.#server, () => Reflect.apply(originalListen, this.#server, listenAgain(this.#args)));
  }

  /** Begins to treat its connections as those of a worker that drains. */
  drain(): DrainingConnections | undefined {
    if (this.#http) {
      const http1 = this.#http;
      return http1.drain({
        listen({ begun, finished }) {
          const ends = [begun && http1.onBegun(begun), finished && http1.onFinished(finished)];
          return () => {
            for (const end of ends) end?.();
          };
        },
      });
    }
    return this.#sessions?.drain();
  }

  forceClose(): void {
    for (const session of this.#sessions?.all ?? []) session.destroy();
    for (const socket of this.#sockets.list()) socket.destroy();
  }
}
