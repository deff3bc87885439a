/** The facts of one line of the access log, from which json.ts and template.ts make its text. */
import type http from 'node:http';
import type { Out } from './out.ts';

export interface Line {
  /** Milliseconds since the epoch: when the request ended. */
  now: number;
  /** Its begin alone for a request that came without one. */
  id: string;
  /** The end of an id that was made. */
  sequence: number | undefined;
  trace: string | undefined;
  /** The address of the client, fit for a log. */
  client: string;
  /** Empty, as are those that follow, where Node could not read it. */
  method: string;
  target: string;
  /** `1.1` */
  version: string;
  /** 499: the client left before an answer; 0: the server cut the connection before an answer. */
  status: number;
  /** Sent behind the head of the response. */
  bytes: number;
  durationMs: number;
  /** Undefined where nothing of a response was sent. */
  firstByteMs: number | undefined;
  headers: http.IncomingHttpHeaders;
  /** Absent for an upgrade and for what Node has refused. */
  response: http.ServerResponse | undefined;
  /** The connection has come from another worker. */
  moved: boolean;
  /** Who ended the connection before the end of the response. */
  closed: 'client' | 'server' | undefined;
}

/** The worker that writes the line. */
export interface Writer {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number;
  readonly release?: string | undefined;
}

/** Writes a line with its end. */
export type Format = (line: Line, out: Out) => void;
