/**
 * Connections that are owned here and wait for their state: the worker that had them tells it when it has closed
 * what it has of them. Until then they are not read, and nothing is written on them.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import { type RawHandle, socketOf } from '../http-internals.ts';
import { closeFrame, sayGoodbye } from './close-frame.ts';
import { type Resumer, unpack } from './registry.ts';
import { CLIENT_GONE, replayResponse, replayUpgrade } from './replay.ts';

interface Expected {
  readonly handle: RawHandle;
  readonly name: string;
  readonly resumer: Resumer;
}

/** What becomes of them. */
export interface Outcome {
  /** It did not go on, and why; `byApp`: because the app did not want it. */
  resumeFailed(name: string, reason: string, byApp: boolean): void;
  /** One more goes on, or does not. */
  answered(): void;
}

const STATE_LOST = 'its state was lost with the worker that it came from';
/** How long it waits: who was to send it may hang. */
const STATE_WITHIN_MS = 10_000;

export class IncomingMigrations {
  readonly #server: http.Server;
  readonly #announce: (socket: Socket) => void;
  readonly #outcome: Outcome;
  readonly #waiting = new Map<number, Expected & { readonly timer: NodeJS.Timeout }>();
  /** Those whose app has not answered yet. */
  #answering = 0;

  /**
   * @param announce is called when the server has been given the connection
   */
  constructor(server: http.Server, announce: (socket: Socket) => void, outcome: Outcome) {
    this.#server = server;
    this.#announce = announce;
    this.#outcome = outcome;
  }

  get size(): number {
    return this.#waiting.size + this.#answering;
  }

  /** Owned from now on; `tell` tells the master. */
  expect(id: number, expected: Expected, tell: () => Promise<void>): void {
    const timer = setTimeout(() => this.goOn(id, undefined), STATE_WITHIN_MS);
    this.#waiting.set(id, { ...expected, timer });
    void tell();
  }

  /** Its state has come. Without a text nobody knows what to go on with: its client is told to come again. */
  goOn(id: number, text: string | undefined): void {
    const expected = this.#waiting.get(id);
    if (!expected) return;
    this.#waiting.delete(id);
    clearTimeout(expected.timer);
    this.#answering++;
    void this.#continue(expected, text)
      .catch(describeThrown)
      .then((reason) => {
        this.#answering--;
        if (reason) {
          const byApp = reason !== STATE_LOST && reason !== CLIENT_GONE;
          this.#outcome.resumeFailed(expected.name, reason, byApp);
        }
        this.#outcome.answered();
      });
  }

  /** The master is gone, and what it has not passed on is lost. */
  abandon(): void {
    for (const id of [...this.#waiting.keys()]) this.goOn(id, undefined);
  }

  /** Resolves with why it does not go on. */
  async #continue({ handle, resumer }: Expected, text: string | undefined): Promise<string | undefined> {
    const socket = socketOf(this.#server, handle);
    if (text === undefined) {
      sayGoodbye(socket, resumer.kind === 'upgrade' ? closeFrame() : undefined);
      return STATE_LOST;
    }
    const connect = () => {
      this.#server.emit('connection', socket);
      this.#announce(socket);
    };
    const payload = unpack(text);
    const { resume } = resumer;
    return resume
      ? replayResponse(this.#server, socket, payload, connect, resume)
      : replayUpgrade(this.#server, socket, payload, connect);
  }
}
