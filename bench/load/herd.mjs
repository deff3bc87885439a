/** The handle on many idle connections; herd-process.mjs holds them. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('herd-process.mjs', import.meta.url));

export class Herd {
  #child = fork(file, { execArgv: [] });

  /** @param {number} port @param {number} connections */
  open(port, connections) {
    return this.#order({ order: 'open', port, connections });
  }

  /** How many the server has closed so far. @returns {Promise<number>} */
  async closed() {
    return (await this.#order({ order: 'count' })).closed;
  }

  /**
   * One request on each of some of them.
   * @param {number} sample @returns {Promise<{pids: number[], failures: string[]}>}
   */
  ask(sample) {
    return this.#order({ order: 'ask', sample });
  }

  close() {
    if (this.#child.connected) this.#child.send({ order: 'close' });
  }

  /** One order at a time. @param {object} order @returns {Promise<any>} */
  #order(order) {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const onExit = (code, signal) => reject(new Error(`the idle clients ended: ${signal ?? code}`));
      child.once('exit', onExit);
      child.once('message', (/** @type {any} */ { result, error }) => {
        child.off('exit', onExit);
        if (error) reject(new Error(`the idle clients: ${error}`));
        else resolve(result);
      });
      child.send(order, (error) => error && reject(error));
    });
  }
}
