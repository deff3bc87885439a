/**
 * The receiving end of a handoff; the giving end is give.ts. A connection is owned from the moment the
 * master has been told, and not read before: if this worker dies earlier, nothing of a request is lost
 * and another worker can take it.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import { stackOf } from '@tshorn/core';
import { worker as api } from './api.ts';
import { adopt, type RawHandle, socketOf } from './http-internals.ts';
import { closeFrame, sayGoodbye } from './survive/close-frame.ts';
import { type Continuation, unpack } from './survive/registry.ts';
import { replayUpgrade } from './survive/replay.ts';

/** A connection that is owned here and waits for its state. */
interface Expected {
  readonly handle: RawHandle;
  readonly name: string;
  readonly continuation: Continuation;
}

/** How long it waits: who was to send it may hang. */
const STATE_WITHIN_MS = 10_000;

export class Takeover {
  readonly #server: http.Server;
  readonly #discontinued: (name: string, reason: string) => void;
  readonly #expected = new Map<number, Expected & { readonly timer: NodeJS.Timeout }>();
  /** Handles that have arrived and are not connections yet. */
  #arriving = 0;

  /** `discontinued` is told of each that came and could not go on. */
  constructor(server: http.Server, discontinued: (name: string, reason: string) => void) {
    this.#server = server;
    this.#discontinued = discontinued;
  }

  get arriving(): number {
    return this.#arriving;
  }

  /** `tell` settles when the master's end of the channel has the message. */
  async take(handle: RawHandle, tell: () => Promise<void>): Promise<void> {
    this.#arriving++;
    await tell();
    const socket = adopt(this.#server, handle);
    this.#expire(socket);
    this.#arriving--;
    this.#tell(socket);
  }

  /** Owned from now on; it goes on when its state comes. */
  expect(id: number, expected: Expected, tell: () => Promise<void>): void {
    this.#arriving++;
    const timer = setTimeout(() => this.goOn(id, undefined), STATE_WITHIN_MS);
    this.#expected.set(id, { ...expected, timer });
    void tell();
  }

  /** Without a text nobody knows what to go on with: its client is told to come again. */
  goOn(id: number, text: string | undefined): void {
    const expected = this.#expected.get(id);
    if (!expected) return;
    this.#expected.delete(id);
    clearTimeout(expected.timer);
    void this.#continue(expected, text).then((reason) => {
      this.#arriving--;
      if (reason) this.#discontinued(expected.name, reason);
    });
  }

  /** Resolves with why it does not go on. */
  async #continue({ handle, continuation }: Expected, text: string | undefined): Promise<string | undefined> {
    const socket = socketOf(this.#server, handle);
    if (text === undefined) {
      sayGoodbye(socket, continuation.kind === 'upgrade' ? closeFrame() : undefined);
      return 'its state was lost with the worker that it came from';
    }
    const connect = () => {
      this.#server.emit('connection', socket);
      this.#tell(socket);
    };
    return replayUpgrade(this.#server, socket, unpack(text), connect);
  }

  /** The master is gone, and what it has not passed on is lost. */
  abandon(): void {
    for (const id of [...this.#expected.keys()]) this.goOn(id, undefined);
  }

  /** An app that listens must not be able to lose the connection by throwing. */
  #tell(socket: Socket): void {
    try {
      api.emit('handoff', socket);
    } catch (error) {
      process.stderr.write(`worker.on('handoff'): ${stackOf(error)}\n`);
    }
  }

  /**
   * An idle connection is closed after the keep-alive timeout, here as where it came from; and before the
   * server's headers timeout, which would write a 408 to a client that has asked for nothing.
   */
  #expire(socket: Socket): void {
    const { keepAliveTimeout, headersTimeout } = this.#server;
    const limits = [keepAliveTimeout, headersTimeout - 500].filter((limit) => limit > 0);
    if (limits.length === 0) return;
    const closeIfSilent = () => {
      if (socket.bytesRead === 0) socket.destroy();
    };
    const timer = setTimeout(closeIfSilent, Math.min(...limits)).unref();
    socket.once('close', () => clearTimeout(timer));
  }
}
