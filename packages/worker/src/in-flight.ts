/**
 * The requests that this worker has begun and not finished. Nothing is kept of them but a time on each one:
 * which of them are open is found on the server's connections when somebody asks. The master asks through the
 * inspector when this process hangs (master/src/hang/inspector.ts), so the answer is given synchronously.
 */
import type http from 'node:http';
import type { OpenRequest } from '@tshorn/core';
import { pathOf } from '@tshorn/core';
import { openResponses } from './http-internals.ts';

const BEGUN = Symbol('tshorn.begun');
const WARNED = Symbol('tshorn.warned');

/** Under this key of the global object stands the function that the master calls in a process that hangs. */
export const IN_FLIGHT = Symbol.for('tshorn.in-flight');

type Stamped = http.IncomingMessage & { [BEGUN]?: number; [WARNED]?: true };

/** More than anybody reads. */
const MOST = 20;

export class InFlight {
  readonly #server: http.Server;
  /** Nothing begins while the loop is stuck: so this is often the one that it is stuck in. */
  #newest: http.ServerResponse | undefined;

  constructor(server: http.Server) {
    this.#server = server;
    const value = () => this.list();
    Object.defineProperty(globalThis, IN_FLIGHT, { value, configurable: true, writable: true });
  }

  begun(request: http.IncomingMessage, response: http.ServerResponse): void {
    (request as Stamped)[BEGUN] = performance.now();
    this.#newest = response;
  }

  /** The newest first. */
  list(): OpenRequest[] {
    return this.#open()
      .map((response) => tell(response))
      .sort((one, other) => one.ageMs - other.ageMs)
      .slice(0, MOST);
  }

  /** The same, and the newest request even if it is done: it may be why the loop was late. */
  around(): OpenRequest[] {
    const response = this.#newest;
    const open = this.list();
    return !response || this.#open().includes(response) ? open : [tell(response), ...open];
  }

  /** Those that have waited for this long for their response's headers; each is told once. */
  waiting(longerThanMs: number): { requests: OpenRequest[]; more: number } {
    const begunBefore = performance.now() - longerThanMs;
    const late = this.#open().filter(({ req, headersSent }) => {
      const { [BEGUN]: begun, [WARNED]: warned } = req as Stamped;
      // A slow upload does not wait for the app.
      return req.complete && !headersSent && !warned && begun !== undefined && begun <= begunBefore;
    });
    for (const { req } of late) (req as Stamped)[WARNED] = true;
    return { requests: late.slice(0, MOST).map(tell), more: Math.max(0, late.length - MOST) };
  }

  #open(): http.ServerResponse[] {
    const response = this.#newest;
    const unfinished = response && !response.writableFinished && !response.destroyed ? [response] : [];
    // Without a look inside the server there is one that is known.
    return openResponses(this.#server) ?? unfinished;
  }
}

function tell(response: http.ServerResponse): OpenRequest {
  const request = response.req as Stamped;
  return {
    method: request.method ?? '',
    path: pathOf(request.url ?? ''),
    ageMs: Math.round(performance.now() - (request[BEGUN] ?? performance.now())),
    answering: response.headersSent,
  };
}
