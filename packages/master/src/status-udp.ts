/**
 * The master's side of `--status-transport udp`. Any local user can send a datagram to a loopback port, so the master gives
 * each worker a secret over IPC, which is good for one report. Datagrams without one are ignored and logged. The
 * worker's side is worker/src/status-udp.ts.
 */
import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { decodeStatus, type ProbeReport } from '@tshorn/core';
import type { Logger } from './log.ts';

/** Forged datagrams may come by the thousand; log lines must not. */
const TELL_EVERY_MS = 1_000;

export class StatusUdp {
  readonly #socket = dgram.createSocket('udp4');
  readonly #expected = new Map<string, (report: ProbeReport) => void>();
  /** Secrets that have been used: a datagram that repeats one is no forgery. */
  readonly #answered = new Set<string>();
  readonly #log: Logger;
  #port = 0;
  #isClosed = false;
  #lastTold = Number.NEGATIVE_INFINITY;
  #ignored = 0;

  constructor(log: Logger) {
    this.#log = log;
    this.#socket.on('message', (datagram, from) =>
      this.#receive(datagram.toString(), `${from.address}:${from.port}`),
    );
    this.#socket.on('error', (error) => log.error(`status-transport udp: ${error.message}`));
  }

  /** Rejects when the loopback has no port free; then nothing is left open. */
  async open(): Promise<this> {
    try {
      this.#socket.bind(0, '127.0.0.1');
      await once(this.#socket, 'listening');
      this.#port = this.#socket.address().port;
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A second call does nothing: `dgram` throws for a socket that is closed. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  /** Makes a secret for one report; `onReport` is called at most once. `forget` is called when the worker has ended. */
  expect(onReport: (report: ProbeReport) => void): { port: number; secret: string; forget(): void } {
    const secret = randomBytes(24).toString('base64url');
    this.#expected.set(secret, onReport);
    const forget = () => {
      this.#expected.delete(secret);
      this.#answered.delete(secret);
    };
    return { port: this.#port, secret, forget };
  }

  #receive(datagram: string, from: string): void {
    const status = decodeStatus(datagram);
    const onReport = status && this.#expected.get(status.secret);
    if (status && onReport) {
      this.#expected.delete(status.secret);
      this.#answered.add(status.secret);
      onReport(status.report);
    } else if (!status || !this.#answered.has(status.secret)) {
      this.#tell(from);
    }
  }

  #tell(from: string): void {
    this.#ignored++;
    const now = performance.now();
    if (now - this.#lastTold < TELL_EVERY_MS) return;
    this.#lastTold = now;
    this.#log.warn(
      { event: 'forged-status', from, ignored: this.#ignored },
      `ignored a status datagram without a worker's secret from ${from} (${this.#ignored} so far)`,
    );
  }
}
