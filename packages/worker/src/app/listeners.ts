/** Attaches the master's listening handles to the app's server, which owns the connections of all of them. */
import type net from 'node:net';
import { promisify } from 'node:util';
import { type Address, parseAddress } from '@tshorn/core';
import type { Ports, Way, WayOf } from '../front/entry.ts';
import { onConnectionEnd } from './connection-ends.ts';
import { type Emptying, emptyQueue } from './empty-queue.ts';
import { Limit } from './limit.ts';
import { type RawListener, StandIn, standInOf } from './stand-in.ts';

/** A raw TCP or Pipe handle that the master has bound; it comes with a `listener` message. */
export interface ListeningHandle {
  readonly handle: unknown;
  readonly address: string;
  /** Present where nothing is served but redirects. */
  readonly redirect?: Ports | undefined;
}

export interface ListenersEvents {
  /** The server accepts again as soon as `attach` is called with new handles: those that it had are closed. */
  onWanted(): void;
  /** The app has closed its server and has not listened again. Called again every REPEAT_MS, while that is so. */
  onClosed(): void;
}

/** An app that closes its server and listens again does so within this time, most often in the callback of close(). */
const LISTENS_AGAIN_MS = 500;
/** A recycle may have failed. */
const REPEAT_MS = 10_000;

/** Makes the server listen, as far as its app can see, unless it does already. */
export function tellListening(server: net.Server, address: string): StandIn {
  const known = standInOf(server);
  if (known) return known;
  const standIn = new StandIn(server, readAddress(address));
  standIn.open();
  return standIn;
}

/** The address of a bound listener, as the master writes it. */
export function readAddress(text: string): Address {
  // Not by parseAddress: the path of a socket that systemd has bound may be longer than one that tshorn would bind.
  const unix = /^(https:\/\/)?unix:(.*)$/s.exec(text);
  if (unix) return { kind: 'unix', path: unix[2] as string, ...(unix[1] && { scheme: 'https' }) };
  return parseAddress(text) as Address;
}

const straight: WayOf = () => undefined;

/**
 * Settles when every handle accepts.
 * @param wayOf how each listener takes its connections; by default they go to the server
 */
export async function attachListeners(
  server: net.Server,
  handles: readonly ListeningHandle[],
  backlog: number,
  events: ListenersEvents,
  wayOf: WayOf = straight,
): Promise<AttachedListeners> {
  const listeners = new AttachedListeners(server, backlog, events, wayOf, handles[0]?.address ?? '');
  await listeners.attach(handles);
  return listeners;
}

export class AttachedListeners {
  readonly #server: net.Server;
  readonly #backlog: number;
  readonly #events: ListenersEvents;
  readonly #wayOf: WayOf;
  readonly #standIn: StandIn;
  readonly #limit: Limit;
  #handles: readonly RawListener[] = [];
  #closeHandles: (() => void)[] = [];
  #asked = false;
  #isPaused = false;
  #empty: Promise<void> | undefined;
  /** Ends the watch for the last connection of a pause. */
  #unwatch = () => {};
  #closed: NodeJS.Timeout | undefined;
  /** Is told of each connection that has come another way than by the server's 'connection'. */
  #accepted = () => {};

  constructor(server: net.Server, backlog: number, events: ListenersEvents, wayOf: WayOf, address: string) {
    this.#server = server;
    this.#backlog = backlog;
    this.#events = events;
    this.#wayOf = wayOf;
    this.#standIn = tellListening(server, address);
    this.#limit = new Limit(server, () => this.#arrange());
    this.#standIn.onClosed = () => this.#arrange();
    this.#standIn.onOpened = () => this.#arrange();
  }

  get #mayAccept(): boolean {
    return !this.#isPaused && this.#standIn.isOpen && !this.#limit.isFull;
  }

  /** Accepts on these handles, or closes them if the server is not to accept now. */
  async attach(handles: readonly ListeningHandle[]): Promise<void> {
    this.#asked = false;
    const raws = handles.map(({ handle }) => handle as RawListener);
    if (!this.#mayAccept || this.#handles.length > 0) {
      for (const raw of raws) raw.close();
      return this.#arrange();
    }
    const ways = handles.map(({ address, redirect }) => this.#counted(this.#wayOf(address, redirect)));
    this.#handles = raws;
    for (const [at, raw] of raws.entries()) {
      this.#closeHandles.push(await this.#standIn.accept(raw, this.#backlog, ways[at]));
    }
    // A server may be full from the start: connections have come from other workers.
    this.#arrange();
  }

  #counted(way: Way | undefined): Way | undefined {
    return (
      way && {
        ...way,
        entry: (socket) => {
          way.entry(socket);
          // The server's 'connection' comes only after a handshake, or a header.
          this.#limit.look();
          this.#accepted();
        },
      }
    );
  }

  /** Brings the handles in line with what the server is to do. */
  #arrange(): void {
    this.#watchClosed();
    if (!this.#mayAccept) return this.#stop();
    if (this.#handles.length > 0 || this.#asked) return;
    this.#asked = true;
    this.#events.onWanted();
  }

  #stop(): void {
    this.#handles = [];
    for (const close of this.#closeHandles.splice(0)) close();
  }

  #watchClosed(): void {
    if (this.#standIn.isOpen || this.#isPaused) {
      clearTimeout(this.#closed);
      this.#closed = undefined;
      return;
    }
    const report = () => {
      this.#closed = setTimeout(report, REPEAT_MS).unref();
      this.#events.onClosed();
    };
    // Timers come first in a loop that is late, and 'close' last: the app may be about to listen again.
    const look = () => setImmediate(() => !this.#standIn.isOpen && !this.#isPaused && report());
    this.#closed ??= setTimeout(() => setImmediate(look), LISTENS_AGAIN_MS).unref();
  }

  /** Accepts the connections in the kernel's queue, when no other worker will; call `pause` right after it. */
  async emptyQueue(how: Omit<Emptying, 'watch'>): Promise<void> {
    if (this.#handles.length === 0) return;
    const watch = (accepted: () => void) => {
      this.#server.prependListener('connection', accepted);
      this.#accepted = accepted;
      return () => {
        this.#server.off('connection', accepted);
        this.#accepted = () => {};
      };
    };
    await emptyQueue(this.#handles, { ...how, watch });
  }

  /**
   * Stops accepting on every listener; connections, idle ones too, stay, and to its app the server still listens.
   * Settles when the last of them has closed. Called again, it returns a promise of the same event.
   */
  pause(): Promise<void> {
    this.#isPaused = true;
    this.#watchClosed();
    this.#stop();
    this.#empty ??= new Promise((resolve) => {
      const look = async () => {
        if ((await this.count()) > 0) return;
        unwatch();
        resolve();
      };
      const unwatch = onConnectionEnd(this.#server, () => void look());
      this.#unwatch = unwatch;
      void look();
    });
    return this.#empty;
  }

  /** Accepts again, by new handles of the same addresses. */
  async resume(handles: readonly ListeningHandle[]): Promise<void> {
    this.#isPaused = false;
    this.#unwatch();
    this.#empty = undefined;
    await this.attach(handles);
  }

  /** The number of open connections that came by these listeners, upgraded ones too. */
  count(): Promise<number> {
    return promisify(this.#server.getConnections).call(this.#server);
  }
}
