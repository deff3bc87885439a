/**
 * The requests that this worker has begun and not finished. Nothing is kept of them but a time on each
 * connection: which of them are open is found on the server's connections when somebody asks. The master asks through the
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

/**
 * The time is that of the connection, which has one request at a time: a property that each request gets anew
 * costs it two per cent of a short answer.
 */
type Stamped = http.IncomingMessage & { socket: { [BEGUN]?: number }; [WARNED]?: true };

/** More than anybody reads. */
const MOST = 20;

export class InFlight {
  readonly #server: http.Server;
  /** Nothing begins while the loop is stuck: so this is often the one that it is stuck in. */
  #newest: http.ServerResponse | undefined;
  #now = performance.now();

  constructor(server: http.Server) {
    this.#server = server;
    const value = () => this.list();
    Object.defineProperty(globalThis, IN_FLIGHT, { value, configurable: true, writable: true });
  }

  /** The clock that requests are dated by: a look at the real one for each costs more than all the rest. */
  tick(): void {
    this.#now = performance.now();
  }

  begun(request: http.IncomingMessage, response: http.ServerResponse): void {
    (request as Stamped).socket[BEGUN] = this.#now;
    this.#newest = response;
  }

  /** The newest first. */
  list(): OpenRequest[] {
    const isNewest = (response: http.ServerResponse) => Number(response === this.#newest);
    return (
      this.#open()
        // Of those that began within one tick it is the one that is known to be the last.
        .sort((one, other) => isNewest(other) - isNewest(one))
        .map((response) => tell(response))
        .sort((one, other) => one.ageMs - other.ageMs)
        .slice(0, MOST)
    );
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
      const { socket, [WARNED]: warned } = req as Stamped;
      const begun = socket[BEGUN];
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
    ageMs: Math.round(performance.now() - (request.socket?.[BEGUN] ?? performance.now())),
    answering: response.headersSent,
  };
}
