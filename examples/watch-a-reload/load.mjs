/** A light, steady load, with the results and latencies of its requests. It never retries. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const RECENT_MS = 2000;

/** The results of one kind of client. */
class Tally {
  answered = 0;
  failed = 0;
  slowest = 0;
  /** Number of answers that took 0.1 ms, 0.2 ms, ...; the last entry counts everything above. */
  #histogram = new Uint32Array(50_001);

  add(ms) {
    this.answered++;
    this.slowest = Math.max(this.slowest, ms);
    this.#histogram[Math.min(Math.floor(ms * 10), this.#histogram.length - 1)]++;
  }

  /** The latency in milliseconds that this share of the answers did not exceed. */
  latency(share) {
    let seen = 0;
    const at = this.#histogram.findIndex((count) => {
      seen += count;
      return seen >= this.answered * share;
    });
    return Math.min((at + 1) / 10, this.slowest);
  }
}

export class Load {
  /** Clients that keep their connection. */
  kept = new Tally();
  /** Clients that open a connection for every request. */
  fresh = new Tally();
  open = 0;
  /** Kept connections that the server closed, in any way. */
  closed = 0;
  /** One entry for each second: { answered, failed }. */
  seconds = [];
  lastError;
  #port;
  #began = performance.now();
  /** The last answers: { at, pid }. */
  #recent = [];
  #clients = [];
  #agents = [];
  #stopped = new AbortController();

  constructor(port) {
    this.#port = port;
  }

  /** About 50 requests a second. */
  start() {
    for (let client = 0; client < 6; client++) this.#keepAlive(150);
    // These are idle most of the time, like the connections of browsers and load balancers.
    for (let client = 0; client < 2; client++) this.#keepAlive(5000);
    for (let client = 0; client < 2; client++) this.#client(this.fresh, 200, () => new http.Agent());
    return this;
  }

  #keepAlive(pauseMs) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    this.#client(this.kept, pauseMs, () => agent);
  }

  #client(tally, pauseMs, agentOf) {
    const run = async () => {
      while (!this.#stopped.signal.aborted) {
        await this.#ask(tally, agentOf());
        await sleep(pauseMs * (0.5 + Math.random()), undefined, this.#stopped).catch(() => {});
      }
    };
    this.#clients.push(run());
  }

  async #ask(tally, agent) {
    const start = performance.now();
    try {
      const { pid } = JSON.parse(await this.#get(agent, tally === this.kept));
      tally.add(performance.now() - start);
      this.#second().answered++;
      this.#remember(pid);
    } catch (error) {
      tally.failed++;
      this.#second().failed++;
      this.lastError = `${error.code ?? error.message}`;
    }
  }

  #get(agent, watched) {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: this.#port, path: '/', agent }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(body)
            : reject(new Error(`${response.statusCode} ${response.statusMessage}`)),
        );
      });
      request.on('error', reject);
      request.on('socket', (socket) => {
        if (!watched || request.reusedSocket) return;
        this.open++;
        socket.once('close', () => {
          this.open--;
          if (!this.#stopped.signal.aborted) this.closed++;
        });
      });
    });
  }

  #second() {
    const now = Math.floor((performance.now() - this.#began) / 1000);
    while (this.seconds.length <= now) this.seconds.push({ answered: 0, failed: 0 });
    return this.seconds[now];
  }

  #remember(pid) {
    const at = performance.now();
    this.#recent.push({ at, pid });
    while (this.#recent[0].at < at - RECENT_MS) this.#recent.shift();
  }

  /** Answers per second of the worker with this pid. */
  rateOf(pid) {
    const since = performance.now() - RECENT_MS;
    return (
      this.#recent.filter((answer) => answer.pid === pid && answer.at > since).length / (RECENT_MS / 1000)
    );
  }

  get answered() {
    return this.kept.answered + this.fresh.answered;
  }

  get failed() {
    return this.kept.failed + this.fresh.failed;
  }

  /** Resolves when all open requests have been answered and the connections are closed. */
  async stop() {
    this.#stopped.abort();
    await Promise.all(this.#clients);
    for (const agent of this.#agents) agent.destroy();
  }
}
