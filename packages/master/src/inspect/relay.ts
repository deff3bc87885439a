/**
 * The address on which a debugger finds the newest worker of a slot (`--inspect`). The workers' own inspectors listen on
 * ports of their own, and the master passes the bytes on. `inspector.close()` in Node blocks its thread until each client
 * has ended its connection, and `node inspect` never does: here the connection ends on the worker's side all the same.
 * The Inspectors create one for each slot.
 */
import net from 'node:net';
import type { InspectorAddress } from '@tshorn/core';

const AGAIN_MS = 500;
/** An editor connects again and again while no worker listens, and a connection that waits does not see its end. */
const MOST_WAITING = 16;
/** A WebSocket close frame of Node's inspector. Its other frames are JSON, which has no such bytes. */
const CLOSE_FRAME = Buffer.from([0x88, 0x00]);
const END_OF_JSON = '}'.charCodeAt(0);

export interface RelayEvents {
  onListening(): void;
  /** The address cannot be had; it is tried again until it can. Called once. */
  onBusy(reason: string): void;
}

export class Relay {
  readonly address: InspectorAddress;
  readonly #server = net.createServer((client) => this.#accept(client));
  #timer: NodeJS.Timeout | undefined;
  #target: number | undefined;
  /** Debuggers that came while no worker listened. */
  #waiting: net.Socket[] = [];
  /** Both ends of each connection that is passed on. */
  readonly #passed = new Set<net.Socket>();

  constructor(address: InspectorAddress, events: RelayEvents) {
    this.address = address;
    let told = false;
    this.#server.on('error', (error) => {
      if (!told) events.onBusy(reasonOf(error));
      told = true;
      this.#timer = setTimeout(() => this.#listen(), AGAIN_MS).unref();
    });
    this.#server.on('listening', () => events.onListening());
    this.#server.unref();
    this.#listen();
  }

  /** The port it listens on; undefined while it does not. */
  get port(): number | undefined {
    return (this.#server.address() as net.AddressInfo | null)?.port;
  }

  /** Ends all connections to the last worker; new ones go to this port of 127.0.0.1, or wait for the next call. False: they do already. */
  aim(target: number | undefined): boolean {
    if (target === this.#target) return false;
    this.#target = target;
    for (const socket of this.#passed) socket.destroy();
    const waiting = target === undefined ? [] : this.#waiting.splice(0);
    for (const client of waiting) this.#pass(client, target as number);
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server.close();
    for (const socket of [...this.#passed, ...this.#waiting]) socket.destroy();
  }

  #listen(): void {
    const { host, port } = this.address;
    this.#server.listen({ host, port, exclusive: true });
  }

  #accept(client: net.Socket): void {
    client.unref();
    client.on('error', () => {});
    if (this.#target !== undefined) return this.#pass(client, this.#target);
    this.#waiting.push(client);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()?.destroy();
  }

  #pass(client: net.Socket, port: number): void {
    const worker = net.connect({ host: '127.0.0.1', port }).unref();
    worker.on('error', () => {});
    for (const [socket, other] of [
      [client, worker],
      [worker, client],
    ] as const) {
      this.#passed.add(socket);
      socket.pipe(other);
      socket.once('close', () => {
        this.#passed.delete(socket);
        other.destroySoon();
      });
    }
    if (client.destroyed) worker.destroy();
    // The inspector waits for an end of the connection, on the thread that runs the app or is about to exit.
    worker.on('data', (chunk) => {
      if (endsWithCloseFrame(chunk)) worker.destroy();
    });
  }
}

/** Node writes each frame in one piece, and an open connection has sent whole JSON texts before it. */
const endsWithCloseFrame = (chunk: Buffer): boolean =>
  chunk.subarray(-2).equals(CLOSE_FRAME) && (chunk.length === 2 || chunk.at(-3) === END_OF_JSON);

const reasonOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'EADDRINUSE' ? 'address already in use' : message;
