/** A connection that has come from another worker, as one that can leave again: it knows its own numbers. */
import type { Socket } from 'node:net';
import type { Layer } from '../transport/layer.ts';
import type { RawHandle } from '../transport/transport.ts';
import type { TlsCarry, TlsFacts } from './carry.ts';
import type { RecordLayer } from './record-layer.ts';

export class ContinuedLayer implements Layer {
  readonly #socket: Socket & { readonly _handle?: RawHandle | null };
  readonly #records: RecordLayer;
  readonly #facts: TlsFacts;

  /** @param socket the kernel's connection */
  constructor(socket: Socket, records: RecordLayer, facts: TlsFacts) {
    this.#socket = socket;
    this.#records = records;
    this.#facts = facts;
  }

  get handle(): RawHandle | undefined {
    return this.#socket._handle ?? undefined;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  served(): void {}

  isFlushed(): boolean {
    const { writableLength, readableLength } = this.#socket;
    const isEmpty = writableLength === 0 && readableLength === 0 && (this.handle?.writeQueueSize ?? 0) === 0;
    return isEmpty && this.#records.isAtRest;
  }

  whyImmovable(): undefined {}

  whyNotNow(): undefined {}

  stopReading(): void {
    this.handle?.readStop();
  }

  readAgain(): void {
    this.handle?.readStart();
  }

  carry(): TlsCarry {
    return { ...this.#facts, ...this.#records.directions() };
  }
}
