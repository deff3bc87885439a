/** Asks a server at a fixed rate, each time on a new connection, and never retries: each failure counts. */
import http from 'node:http';

/** A request without an answer by then has failed. */
const LATE_MS = 10_000;

export class Asker {
  failed = 0;
  asked = 0;
  #timer;
  #open = new Set();
  #onVersion = (_version) => {};

  /** @param {number} port @param {number} everyMs */
  constructor(port, everyMs) {
    this.#timer = setInterval(() => this.#ask(port), everyMs);
  }

  /** Resolves with the moment of the first answer that is this version. @param {string} version @returns {Promise<number>} */
  served(version) {
    return new Promise((resolve) => {
      this.#onVersion = (found) => {
        if (found === version) resolve(performance.now());
      };
    });
  }

  #ask(port) {
    this.asked++;
    const answered = new Promise((resolve) => {
      const fail = () => resolve(void this.failed++);
      const request = http.get({ host: '127.0.0.1', port, agent: false, timeout: LATE_MS }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text) => {
          body += text;
        });
        response.on('end', () => resolve(this.#onVersion(body)));
        response.on('error', fail);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', fail);
    }).then(() => this.#open.delete(answered));
    this.#open.add(answered);
  }

  /** Resolves when every request has its outcome. */
  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}
