/** The parts of a connection as they see each other: each knows of the others what it needs. */
import type http from 'node:http';
import type { Socket } from 'node:net';

type Callback = (error?: Error) => void;

/** The session, for its streams. */
export interface Connection {
  readonly server: http.Server;
  readonly socket: Socket;
  /** Bytes of one body that may wait for the app. */
  readonly streamWindow: number;
  /** Has the stream put its frames out at the end of this turn. */
  wants(stream: Sending): void;
  /** Writes what can go now. */
  flush(): void;
  /** @returns the most bytes of data that can go on a stream now, in one frame */
  room(stream: Pick<Sending, 'sendWindow'>): number;
  /** One block of fields, in as many frames as it takes. */
  sendFields(id: number, fields: readonly string[], isLast: boolean): void;
  sendData(stream: Pick<Sending, 'id' | 'sendWindow'>, bytes: Uint8Array, isLast: boolean): void;
  sendReset(id: number, code: number): void;
  /** Lets the client send as many bytes more, on a stream, or 0 for the connection. */
  allow(id: number, bytes: number): void;
  /** The stream is over. */
  forget(stream: Sending): void;
}

/** A stream, for its session. */
export interface Sending {
  readonly id: number;
  /** Bytes that may be sent on it; below zero when the client has made its window smaller. */
  sendWindow: number;
  /** Bytes of the response's body that wait. */
  readonly queuedBytes: number;
  /** It has its turn. */
  isQueued: boolean;
  /**
   * Puts into frames what can go now.
   * @param most bytes of data, so that others have their turn
   * @returns true when there is more, and it only was not its turn any more
   */
  writeOut(most: number): boolean;
}

/** A stream, for its socket. */
export interface Carrying {
  readonly session: Pick<Connection, 'server' | 'socket'>;
  readonly queuedBytes: number;
  /** More of the request is wanted. */
  resume(): void;
  pause(): void;
  /** The request is not read any more. */
  dumped(): void;
  destroy(error?: Error): void;
}

/** A stream, for its response. */
export interface Answering {
  readonly socket: { readonly destroyed: boolean };
  /** @param promised bytes of the body, -1 where nothing says so */
  responds(fields: string[], promised: number): void;
  /** @param length of the head, as it counts among the bytes of the connection */
  sendHead(length: number): void;
  sendInterim(fields: string[]): void;
  /** @returns false when the app is to wait for 'drain' */
  write(
    data: string | Uint8Array,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ): boolean;
  endResponse(trailers: string[] | undefined): void;
}
