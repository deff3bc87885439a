/** The status path says that the server leaves: before a stop (`--stop-delay`), and from `tshorn leave` to `tshorn stay`. */
import { describeThrown } from '@tshorn/core';
import type { Transport } from './transport/transport.ts';

export class Leaving {
  readonly #statusPath: () => string;
  readonly #warn: (text: string) => void;
  /** Ends the answers; present while they are given. */
  #stop: Promise<() => void> | undefined;

  constructor(statusPath: () => string, warn: (text: string) => void) {
    this.#statusPath = statusPath;
    this.#warn = warn;
  }

  /** A second call with the same value does nothing. */
  become(isLeaving: boolean, transport: Transport | undefined): void {
    if (isLeaving) this.#stop ??= this.#begin(transport);
    else {
      void this.#stop?.then((stop) => stop());
      this.#stop = undefined;
    }
  }

  /** Never rejects. */
  async #begin(transport: Transport | undefined): Promise<() => void> {
    try {
      const { refuseStatus } = await import('./refuse-status.ts');
      if (transport) return refuseStatus(transport, this.#statusPath());
    } catch (error) {
      this.#warn(`the status path cannot say that the server leaves: ${describeThrown(error)}`);
    }
    return () => {};
  }
}
