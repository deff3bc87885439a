/** The facts of one line of the access log, from which json.ts and template.ts make its text. */
import type http from 'node:http';
import type { Out } from './out.ts';

export interface Line {
  /** Milliseconds since the epoch: when the request ended. */
  now: number;
  /** Undefined for a request that came without one: the worker makes one of its prefix and the sequence. */
  id: string | undefined;
  sequence: number;
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
  /** NaN where nothing of a response was sent. */
  firstByteMs: number;
  headers: http.IncomingHttpHeaders;
  /** Absent for an upgrade and for what Node has refused. */
  response: http.ServerResponse | undefined;
  /** The connection has come from another worker. */
  moved: boolean;
  /** Who ended the connection before the end of the response. */
  closed: 'client' | 'server' | undefined;
}

export const NO_HEADERS: http.IncomingHttpHeaders = {};

export const emptyLine = (): Line => ({
  now: 0,
  id: undefined,
  sequence: 0,
  trace: undefined,
  client: '',
  method: '',
  target: '',
  version: '',
  status: 0,
  bytes: 0,
  durationMs: 0,
  firstByteMs: Number.NaN,
  headers: NO_HEADERS,
  response: undefined,
  moved: false,
  closed: undefined,
});

/** The worker that writes the line. */
export interface Writer {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number;
  readonly release?: string | undefined;
}

/** Writes a line with its end. */
export type Format = (line: Line, out: Out) => void;
