/**
 * One client connection, one request at a time, and what became of it, in the client's own words. On a
 * plain socket because HTTP clients hide what is to be counted here: they retry, and they forget.
 */
import net from 'node:net';
import { ResponseReader } from './response-reader.mjs';

/**
 * @typedef {'answered' | 'non-2xx' | 'refused' | 'reset' | 'timeout'} Outcome `reset` is any end of the
 * connection before the whole answer, by RST or by FIN
 */

export class Connection {
  #socket;
  #reader = new ResponseReader();
  #request;
  /** @type {((outcome: Outcome) => void) | undefined} */
  #settle;
  #timer;
  #over = false;
  #error = '';
  /** A response said `Connection: close`. */
  announced = false;

  /**
   * @param {{port: number, keepAlive: boolean, timeoutMs: number,
   *   onClosed?: (connection: Connection) => void}} options `onClosed`: the other side ended it
   */
  constructor({ port, keepAlive, timeoutMs, onClosed }) {
    this.timeoutMs = timeoutMs;
    this.#request = `GET / HTTP/1.1\r\nHost: bench\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (data) => this.#read(data));
    this.#socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      this.#error = error.code ?? '';
    });
    const closed = () => {
      if (this.#over) return;
      this.#over = true;
      onClosed?.(this);
      this.#end(this.#error === 'ECONNREFUSED' ? 'refused' : 'reset');
    };
    this.#socket.once('end', closed);
    this.#socket.once('close', closed);
  }

  get refused() {
    return this.#error === 'ECONNREFUSED';
  }

  get usable() {
    return !this.#over && !this.announced;
  }

  /** @returns {Promise<Outcome>} */
  ask() {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#reader.reset();
      if (this.#over) return this.#end(this.refused ? 'refused' : 'reset');
      this.#timer = setTimeout(() => {
        this.close();
        this.#end('timeout');
      }, this.timeoutMs);
      this.#socket.write(this.#request);
    });
  }

  close() {
    this.#over = true;
    this.#socket.destroy();
  }

  #read(data) {
    if (!this.#settle || !this.#reader.push(data)) return;
    const { status, close } = this.#reader;
    if (close) this.announced = true;
    this.#end(status >= 200 && status < 300 ? 'answered' : 'non-2xx');
  }

  /** @param {Outcome} outcome */
  #end(outcome) {
    clearTimeout(this.#timer);
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}
