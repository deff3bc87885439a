/**
 * The certificates of a worker, as the master orders them. A swap has two steps, so that it happens in all workers between
 * the same two handshakes: each worker makes the new ones ready and lets handshakes wait, and when all have said so, the
 * master has all of them go on. No client sees the new ones, and then the old ones again.
 */

import type tls from 'node:tls';
import { describeThrown, type ToMaster, type ToWorker } from '@tshorn/core';
import { Handshakes } from './handshakes.ts';
import { type Certificates, Terminator, type TlsOptions } from './terminator.ts';

export type CertificatesOrder = Extract<
  ToWorker,
  { type: 'certificates' | 'use-certificates' | 'ticket-keys' }
>;

/** The master orders the end within 2 s. Without an order, when it hangs, handshakes go on with the old certificates. */
const HOLD_MS = 5_000;

export interface SwapSettings {
  readonly options: TlsOptions;
  /** Gets each connection whose handshake is done. */
  readonly next: (socket: tls.TLSSocket) => void;
  readonly send: (message: ToMaster) => void;
  /** Gets each server that is to shake hands, before it does. */
  readonly arm: (terminator: tls.Server) => void;
}

export class Swap {
  readonly handshakes: Handshakes;
  readonly #options: TlsOptions;
  readonly #send: (message: ToMaster) => void;
  readonly #arm: (terminator: tls.Server) => void;
  #ticketKeys: string | undefined;
  #prepared: { readonly revision: number; readonly terminator: Terminator } | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws the error of OpenSSL for certificates that it cannot use */
  constructor(certificates: Certificates, { options, next, send, arm }: SwapSettings) {
    this.#options = options;
    this.#send = send;
    this.#arm = arm;
    this.handshakes = new Handshakes(next);
    this.handshakes.use(this.#terminatorOf(certificates));
  }

  #terminatorOf(certificates: Certificates): Terminator {
    const ticketKeys = this.#ticketKeys;
    const terminator = new Terminator({ ...certificates, ticketKeys }, this.#options, this.handshakes.choose);
    this.#arm(terminator.server);
    return terminator;
  }

  obey(order: CertificatesOrder): void {
    switch (order.type) {
      case 'certificates':
        return this.#prepare(order.revision, order);
      case 'use-certificates':
        return this.#end(order.revision, order.use);
      case 'ticket-keys':
        this.#ticketKeys = order.keys;
        this.#prepared?.terminator.server.setTicketKeys(Buffer.from(order.keys, 'base64'));
        return this.handshakes.renewTicketKeys(Buffer.from(order.keys, 'base64'));
    }
  }

  #prepare(revision: number, { pairs, ca }: Certificates): void {
    try {
      const terminator = this.#terminatorOf({ pairs, ca });
      this.#prepared = { revision, terminator };
    } catch (error) {
      return this.#send({ type: 'certificates-failed', revision, reason: describeThrown(error) });
    }
    this.handshakes.hold();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.handshakes.release(), HOLD_MS).unref();
    this.#send({ type: 'certificates-held', revision });
  }

  /** The master is gone, and will not end a swap. */
  abandon(): void {
    if (this.#prepared) this.#end(this.#prepared.revision, false);
  }

  #end(revision: number, use: boolean): void {
    const prepared = this.#prepared;
    if (prepared?.revision !== revision) return;
    this.#prepared = undefined;
    clearTimeout(this.#timer);
    this.handshakes.release(use ? prepared.terminator : undefined);
  }
}
