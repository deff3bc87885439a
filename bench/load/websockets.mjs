/** The handle on WebSocket clients; websocket-process.mjs holds them. */
import { Ordered } from './ordered.mjs';

export class WebSockets extends Ordered {
  constructor() {
    super('websocket-process.mjs');
  }

  /** @param {number} port @param {number} connections further ones */
  open(port, connections) {
    return this.order('open', { port, connections });
  }

  /**
   * Echoes at full speed on all of them.
   * @param {{bytes: number, seconds: number}} load
   * @returns {Promise<{answered: number, wrong: number, closed: number, seconds: number}>}
   */
  echo(load) {
    return this.order('echo', load);
  }

  /** From here on each says something in its turn. @param {number} rate per second, all together */
  talk(rate) {
    return this.order('talk', { rate });
  }

  /**
   * Faults and closes so far, and the answers since the last call.
   * @returns {Promise<{closed: number, wrong: number, samples: {at: number, ms: number}[]}>}
   */
  seen() {
    return this.order('seen');
  }

  /** Bytes on the workers' heaps after a collection, all together. @param {number} workers that have some */
  async heap(workers) {
    const heaps = await this.order('heaps', { workers });
    return heaps.reduce((sum, heap) => sum + heap, 0);
  }

  /** Ends all connections. */
  leave() {
    return this.order('leave');
  }
}
