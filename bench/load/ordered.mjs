/** The handle on a client process that is given orders: `{order, ...details}` to it, `{result}` or `{error}` back. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export class Ordered {
  #child;

  /** @param {string} name a file of this directory, which calls `obey` */
  constructor(name) {
    this.#child = fork(fileURLToPath(new URL(name, import.meta.url)), { execArgv: [] });
  }

  close() {
    if (this.#child.connected) this.#child.send({ order: 'close' });
  }

  /** One at a time. @param {string} order @param {object} [details] @returns {Promise<any>} */
  order(order, details = {}) {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onExit = (code, signal) => reject(new Error(`the clients ended: ${signal ?? code}`));
      child.once('exit', onExit);
      child.once('message', (/** @type {any} */ { result, error }) => {
        child.off('exit', onExit);
        if (error) reject(new Error(`the clients: ${error}`));
        else resolve(result);
      });
      child.send({ ...details, order }, (error) => error && reject(error));
    });
  }
}
