/**
 * Handlers that see a request before the app. Only the server's emitter comes before every listener that an app or a
 * framework has added, or will add, so `emit` is replaced while there is a handler.
 */
import type http from 'node:http';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

export class Interceptors {
  readonly #server: http.Server;
  readonly #handlers = new Set<Handler>();
  #restore: () => void = () => {};

  constructor(server: http.Server) {
    this.#server = server;
  }

  /** @returns the function that removes the handler */
  add(handler: Handler): () => void {
    if (this.#handlers.size === 0) this.#replace();
    this.#handlers.add(handler);
    return () => {
      if (this.#handlers.delete(handler) && this.#handlers.size === 0) this.#restore();
    };
  }

  #replace(): void {
    const server = this.#server;
    const before = Object.getOwnPropertyDescriptor(server, 'emit');
    const { emit } = server;
    // Each request passes here, and each connection: no array is made beside the one that passes on.
    const intercepting = (...args: [event: string | symbol, ...unknown[]]): boolean => {
      if (args[0] === 'request') {
        const request = args[1] as http.IncomingMessage;
        const response = args[2] as http.ServerResponse;
        for (const handler of this.#handlers) if (handler(request, response)) return true;
      }
      return Reflect.apply(emit, server, args);
    };
    server.emit = intercepting as typeof server.emit;
    this.#restore = () => {
      // The app has replaced it since, and calls ours: without a handler ours passes everything on.
      if (server.emit !== intercepting) return;
      if (before) Object.defineProperty(server, 'emit', before);
      else delete (server as Partial<http.Server>).emit;
    };
  }
}
