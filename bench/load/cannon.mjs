/**
 * autocannon at a fixed rate, with counts that can be trusted. By itself, autocannon 9
 * - reports no response at all with `reconnectRate: 1` (it reconnects before it would count);
 * - drops a request that the server cut off by FIN without a word, and pairs later answers wrongly;
 * - goes on sending on a connection whose close was announced, which RFC 9112 section 9.6 forbids;
 * - sends the requests of one second in one burst, on all connections at the same moment.
 * Hence the hooks in `setupClient`, and one instance per connection, each started a little later.
 */
import autocannon from 'autocannon';
import { Tally } from './tally.mjs';

const MAX_SECONDS = 1800;
const TIMEOUT_S = 5;

export class Cannon {
  #options;
  /** @type {{stop(): void}[]} */
  #running = [];
  #done = [];

  /** @param {{name: string, port: number, rate: number, keepAlive: boolean, connections: number}} options */
  constructor(options) {
    this.#options = options;
    this.tally = new Tally(options.name);
  }

  async start() {
    const { port, rate, keepAlive, connections } = this.#options;
    for (let count = 0; count < connections; count++) {
      const instance = autocannon({
        url: `http://127.0.0.1:${port}/`,
        connections: 1,
        connectionRate: Math.max(1, Math.round(rate / connections)),
        duration: MAX_SECONDS,
        timeout: TIMEOUT_S,
        ...(!keepAlive && { reconnectRate: 1 }),
        setupClient: (client) => watch(client, this.tally, keepAlive),
      });
      this.#running.push(instance);
      this.#done.push(instance);
      await new Promise((resolve) => setTimeout(resolve, 1000 / connections));
    }
  }

  async stop() {
    for (const instance of this.#running) instance.stop();
    await Promise.all(this.#done);
  }
}

/** @param {any} client autocannon's; called by its constructor, before it connects */
function watch(client, tally, keepAlive) {
  const { _connect, _doRequest, _destroyConnection } = Object.getPrototypeOf(client);
  let askedAt = 0;
  let announced = false;
  let knowsWhy = true;

  client.on('request', () => {
    askedAt = performance.now();
  });
  client.on('headers', ({ statusCode, headers }) => {
    const ok = statusCode >= 200 && statusCode < 300;
    tally.add(ok ? 'answered' : 'non-2xx', Date.now(), performance.now() - askedAt);
    askedAt = 0;
    announced = saysClose(headers);
    if (announced && keepAlive) tally.closedAnnounced();
  });
  client.on('connError', (error) => {
    const refused = error.code === 'ECONNREFUSED';
    if (askedAt) tally.add(refused ? 'refused' : 'reset', Date.now());
    if (keepAlive && !refused && !announced) tally.closedUnannounced(Date.now());
    askedAt = 0;
    knowsWhy = true;
  });
  client.on('timeout', () => tally.add('timeout', Date.now()));

  client._destroyConnection = function () {
    askedAt = 0;
    knowsWhy = true;
    _destroyConnection.call(this);
  };
  // A connection follows another: after connError or a wish of its own, or else the server ended it.
  client._connect = function () {
    if (!knowsWhy) {
      if (askedAt) tally.add('reset', Date.now());
      if (keepAlive && !announced) tally.closedUnannounced(Date.now());
    }
    askedAt = 0;
    announced = false;
    knowsWhy = false;
    this.conn?.removeAllListeners('error').on('error', () => {});
    this.pipelinedRequests.clear();
    _connect.call(this);
  };
  client._doRequest = function () {
    if (announced) this._resetConnection();
    else _doRequest.call(this);
  };
}

/** @param {string[]} raw names and values in turn */
const saysClose = (raw) =>
  raw.some((name, at) => at % 2 === 0 && /^connection$/i.test(name) && /close/i.test(raw[at + 1]));
