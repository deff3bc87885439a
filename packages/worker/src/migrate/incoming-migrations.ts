/**
 * WebSockets and streams that this worker owns and that wait for their state: the sender sends it when it has closed its
 * part. Until then they are not read, and nothing is written on them.
 */
import type { Socket } from 'node:net';
import { describeThrown, STATE_WITHIN_MS } from '@tshorn/core';
import { identityOf } from '../transport/http1-internals.ts';
import { keepSoFar } from '../transport/moves.ts';
import type { RawHandle, Transport } from '../transport/transport.ts';
import { closeFrame, sayGoodbye } from './close-frame.ts';
import { type Resumer, unpack } from './registry.ts';
import { CLIENT_GONE, replayResponse, replayUpgrade } from './replay.ts';

interface Expected {
  readonly handle: RawHandle;
  /** What has come with the handle. */
  readonly carry: string | undefined;
  readonly name: string;
  readonly resumer: Resumer;
}

/** Receives the results. */
export interface Outcome {
  /** A connection was not resumed. `byApp`: the app refused it. */
  resumeFailed(name: string, reason: string, byApp: boolean): void;
  /** Called once for each connection, resumed or not. */
  answered(): void;
}

const STATE_LOST = 'its state was lost with the worker that it came from';

export class IncomingMigrations {
  readonly #transport: Transport;
  readonly #announce: (socket: Socket) => void;
  readonly #outcome: Outcome;
  readonly #waiting = new Map<number, Expected & { readonly timer: NodeJS.Timeout }>();
  /** How many the app has not answered yet. */
  #answering = 0;

  /** @param announce is called when the app's server has the connection */
  constructor(transport: Transport, announce: (socket: Socket) => void, outcome: Outcome) {
    this.#transport = transport;
    this.#announce = announce;
    this.#outcome = outcome;
  }

  get size(): number {
    return this.#waiting.size + this.#answering;
  }

  /** @param confirm tells the master that this worker owns the connection */
  expect(id: number, expected: Expected, confirm: () => Promise<void>): void {
    const timer = setTimeout(() => this.resume(id, undefined), STATE_WITHIN_MS);
    this.#waiting.set(id, { ...expected, timer });
    void confirm();
  }

  /** Its state has come. Without a text the state is lost, and the client is told to reconnect. */
  resume(id: number, text: string | undefined): void {
    const expected = this.#waiting.get(id);
    if (!expected) return;
    this.#waiting.delete(id);
    clearTimeout(expected.timer);
    this.#answering++;
    const socket = this.#transport.connectionOf(expected.handle, expected.carry);
    void this.#replay(socket, expected, text)
      .catch((error) => {
        // Nothing of the app serves it, so its client would wait for ever.
        socket.destroy();
        return describeThrown(error);
      })
      .then((reason) => {
        this.#answering--;
        if (reason) {
          const byApp = reason !== STATE_LOST && reason !== CLIENT_GONE;
          this.#outcome.resumeFailed(expected.name, reason, byApp);
        }
        this.#outcome.answered();
      });
  }

  /** The master is gone, and the states that it has not passed on are lost. */
  abandon(): void {
    for (const id of [...this.#waiting.keys()]) this.resume(id, undefined);
  }

  /** Resolves with the reason when the connection is not resumed. */
  async #replay(
    socket: Socket,
    { resumer }: Expected,
    text: string | undefined,
  ): Promise<string | undefined> {
    const payload = text === undefined ? undefined : unpack(text);
    // Node can confuse descriptors that follow each other closely, and a state must never come to another client.
    const isIts = payload && (payload.socket ?? identityOf(socket)) === identityOf(socket);
    if (!isIts) {
      sayGoodbye(socket, resumer.kind === 'upgrade' ? closeFrame() : undefined);
      return STATE_LOST;
    }
    if (payload.soFar) keepSoFar(socket, payload.soFar);
    const serve = () => {
      this.#transport.serve(socket);
      this.#announce(socket);
    };
    const { resume } = resumer;
    return resume
      ? replayResponse(this.#transport, socket, payload, serve, resume)
      : replayUpgrade(this.#transport, socket, payload, serve);
  }
}
