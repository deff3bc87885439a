/** The handle on many idle connections; herd-process.mjs holds them. */
import { Ordered } from './ordered.mjs';

export class Herd extends Ordered {
  constructor() {
    super('herd-process.mjs');
  }

  /** @param {number} port @param {number} connections */
  open(port, connections) {
    return this.order('open', { port, connections });
  }

  /** Number of connections that the server has closed so far. @returns {Promise<number>} */
  async closed() {
    return (await this.order('count')).closed;
  }

  /**
   * One request on each of some of them.
   * @param {number} sample @returns {Promise<{pids: number[], failures: string[]}>}
   */
  ask(sample) {
    return this.order('ask', { sample });
  }
}
