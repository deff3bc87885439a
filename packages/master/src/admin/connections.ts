/**
 * The connections of the admin listener, bounded in number and in time: whoever opens thousands of them, sends slowly or
 * does not read is dropped, and a probe is answered all the same.
 */
import type { Socket } from 'node:net';
import { mostOpenFiles } from '../os/open-files.ts';

/** Open connections; where more come, those go first that have waited longest without a request. */
const MOST = 256;
/** The part of all descriptors that they may take: workers, listeners and the control socket need theirs. */
const PART_OF_DESCRIPTORS = 1 / 8;
/** The head of a request has this time. Node's own limit holds only for a server that listens itself. */
const HEAD_MS = 5_000;
/** A response that streams nothing has this time, its reader included. */
const ANSWER_MS = 10_000;
/** Bytes that a stream's reader may leave unread. */
const MOST_UNREAD_BYTES = 1_000_000;
/** The part of all connections whose responses may stay open: the others make room for each other. */
const PART_OF_STREAMS = 1 / 4;
const LOOK_EVERY_MS = 1_000;

interface Connection {
  /** The response under way: when it began, and whether it streams. */
  answering?: { readonly since: number; readonly streams: boolean };
  /** Bytes of the requests that have been answered. */
  answered: number;
  /** When the head of the next request was due to begin, or was seen to begin; undefined: between two requests. */
  headSince: number | undefined;
}

export const mostConnections = (openFiles = mostOpenFiles()): number =>
  Math.min(MOST, Math.ceil(openFiles * PART_OF_DESCRIPTORS));

export class Connections {
  /** In the order of their coming; a connection that has been answered goes to the end. */
  readonly #open = new Map<Socket, Connection>();
  #timer: NodeJS.Timeout | undefined;
  #streams = 0;
  readonly #most: number;

  constructor(most = mostConnections()) {
    this.#most = most;
  }

  get count(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    this.#open.set(socket, { answered: 0, headSince: performance.now() });
    socket.on('error', () => {});
    socket.once('close', () => this.#remove(socket));
    if (this.#open.size > this.#most) this.#makeRoom();
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** False: the connection has a response under way already, or there are too many streams. */
  begin(socket: Socket, streams: boolean): boolean {
    const connection = this.#open.get(socket);
    if (!connection || connection.answering || (streams && this.#streams >= this.#most * PART_OF_STREAMS))
      return false;
    connection.headSince = undefined;
    connection.answering = { since: performance.now(), streams };
    if (streams) this.#streams++;
    return true;
  }

  /** The response has left, or its reader has. */
  end(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (!connection) return;
    this.#release(connection);
    connection.answered = socket.bytesRead;
    this.#open.delete(socket);
    this.#open.set(socket, connection);
  }

  /** Closes those without a request. */
  closeIdle(): void {
    for (const [socket, { answering }] of this.#open) if (!answering) socket.destroySoon();
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #remove(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection) this.#release(connection);
    this.#open.delete(socket);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #release(connection: Connection): void {
    if (connection.answering?.streams) this.#streams--;
    delete connection.answering;
  }

  /** The oldest first. Where every one is being answered, the newest goes: those have a time limit of their own. */
  #makeRoom(): void {
    let last: Socket | undefined;
    for (const [socket, { answering }] of this.#open) {
      if (!answering) return void this.#drop(socket);
      last = socket;
    }
    if (last) this.#drop(last);
  }

  #drop(socket: Socket): void {
    this.#remove(socket);
    socket.destroy();
  }

  #look(): void {
    const now = performance.now();
    for (const [socket, connection] of this.#open) if (isSlow(socket, connection, now)) this.#drop(socket);
  }
}

function isSlow(socket: Socket, connection: Connection, now: number): boolean {
  const { answering, answered } = connection;
  if (answering?.streams) return socket.writableLength > MOST_UNREAD_BYTES;
  if (answering) return now - answering.since > ANSWER_MS;
  if (socket.bytesRead > answered) connection.headSince ??= now;
  return connection.headSince !== undefined && now - connection.headSince > HEAD_MS;
}
