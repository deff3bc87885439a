/**
 * Requests at planned moments, whether or not the last ones are answered; latency counts from the plan.
 * A server that stands still for a second is thus seen by every request of that second, and not only by
 * the one that waited in front ("coordinated omission").
 */
import { Connection } from './connection.mjs';
import { Tally } from './tally.mjs';

const TIMEOUT_MS = 5000;
const TICK_MS = 2;

export class OpenLoop {
  #options;
  #timer;
  #next = 0;
  #pending = 0;
  /** Idle connections; the one that has been idle longest is asked next. @type {Connection[]} */
  #idle = [];
  /** Planned moments that wait for a connection. @type {number[]} */
  #waiting = [];
  #open = new Set();

  /**
   * @param {{name: string, port: number, rate: number, keepAlive: boolean, connections?: number,
   *   ahead?: boolean}} options `ahead`: connects before there is a request to send; otherwise with it
   */
  constructor(options) {
    this.#options = options;
    this.tally = new Tally(options.name);
  }

  start() {
    const { keepAlive, connections = 0, rate, ahead = true } = this.#options;
    for (let count = 0; keepAlive && ahead && count < connections; count++) this.#idle.push(this.#connect());
    this.#next = performance.now();
    this.#timer = setInterval(() => {
      for (; this.#next <= performance.now(); this.#next += 1000 / rate) void this.#ask(this.#next);
    }, TICK_MS);
  }

  /** No new requests; resolves when those in flight have ended. */
  async stop() {
    clearInterval(this.#timer);
    while (this.#pending + this.#waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const connection of this.#open) connection.close();
  }

  #connect() {
    const { port, keepAlive } = this.#options;
    const connection = new Connection({
      port,
      keepAlive,
      timeoutMs: TIMEOUT_MS,
      onClosed: (closed) => {
        this.#open.delete(closed);
        const at = this.#idle.indexOf(closed);
        if (at >= 0) this.#idle.splice(at, 1);
        if (keepAlive && !closed.announced && !closed.refused) this.tally.closedUnannounced(Date.now());
      },
    });
    this.#open.add(connection);
    return connection;
  }

  async #ask(planned) {
    const { keepAlive, connections = Number.POSITIVE_INFINITY } = this.#options;
    // A connection that ended is replaced first: else the others would have to be asked more often.
    const connection = this.#open.size < connections ? this.#connect() : this.#idle.shift();
    if (!connection) {
      this.#waiting.push(planned);
      return;
    }
    this.#pending++;
    const outcome = await connection.ask();
    this.#pending--;
    const ms = performance.now() - planned;
    this.tally.add(outcome, Date.now(), ms);
    if (keepAlive && connection.announced) this.tally.closedAnnounced();
    if (!keepAlive || !connection.usable) {
      connection.close();
      this.#open.delete(connection);
    }
    if (!keepAlive) return;
    if (connection.usable) this.#idle.push(connection);
    const next = this.#waiting.shift();
    if (next !== undefined) void this.#ask(next);
  }
}
