/**
 * Clients that wait for `100 Continue` before they send a body (RFC 9110, 10.1.1). Node writes it before the app is asked, so a request
 * that is to be shed would have its whole body sent for nothing. With a listener of 'checkContinue' Node leaves it to that
 * (https://nodejs.org/api/http.html#event-checkcontinue), and the overload control writes it when the app gets the request.
 */
import type http from 'node:http';

export class Expectations {
  readonly #waiting = new WeakSet<http.ServerResponse>();
  /** To ask for each response would cost more than to know that there has been none. */
  #isUsed = false;

  /**
   * Called once for each server.
   * @param intercept true when the overload control has the request, and calls `met` or `refused` in the end
   */
  constructor(
    server: http.Server,
    intercept: (request: http.IncomingMessage, response: http.ServerResponse) => boolean,
  ) {
    server.on('checkContinue', (request, response) => {
      // The app answers expectations on its own, as it would without this listener.
      if (server.listenerCount('checkContinue') > 1) return;
      this.#isUsed = true;
      this.#waiting.add(response);
      if (intercept(request, response)) return;
      this.met(response);
      server.emit('request', request, response);
    });
  }

  /** The app gets the request: its client may send the body. */
  met(response: http.ServerResponse): void {
    if (this.#isUsed && this.#waiting.delete(response)) response.writeContinue();
  }

  /**
   * The 503 is the answer to the expectation, and Node closes the connection behind it (ServerResponse.writeHead): nobody knows
   * if the body still comes. A client that has not waited is served like others, for a close would reset its connection.
   */
  refused(response: http.ServerResponse): void {
    const { req } = response;
    if (this.#isUsed && (req.readableLength > 0 || req.complete)) this.met(response);
  }
}
