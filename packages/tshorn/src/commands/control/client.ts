/**
 * The client's end of the control socket; the other end is master/src/control/server.ts. Every reason for which a
 * request gets no answer is a TshornError ERR_CONTROL: exit code 2, could not ask.
 */
import http from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { TshornError } from '@tshorn/core';

/** One line of a stream, with the fields of the log line of that event. */
export interface StreamEvent {
  readonly event: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Time limit for an answer, in milliseconds. The loop of a master is busy only for moments. */
const ANSWER_MS = 5_000;

/**
 * Sends one request and resolves with the answer.
 * @param patient waits without a limit, for a request whose answer comes when the operation has ended
 * @throws TshornError ERR_CONTROL: could not ask; ERR_STATE: the master refuses now
 */
export async function ask(
  socket: string,
  path: string,
  body?: object,
  { patient = false } = {},
): Promise<unknown> {
  const response = await send(socket, path, body, patient);
  const read = await text(response).catch((error) => {
    throw gone(socket, error);
  });
  return accepted(response, parse(read, socket));
}

/** Sends one request and yields each line of its answer. Ends with the answer, even with one that breaks off. */
export async function* stream(
  socket: string,
  path: string,
  body: object,
): AsyncGenerator<StreamEvent, void, undefined> {
  const response = await send(socket, path, body, false);
  if (response.statusCode !== 200) accepted(response, parse(await text(response), socket));
  try {
    for await (const line of createInterface({ input: response })) yield parse(line, socket) as StreamEvent;
  } catch (error) {
    // The answer of a killed master breaks off: the reader finds no last line.
    if (error instanceof TshornError) throw error;
  }
}

function send(
  socket: string,
  path: string,
  body: object | undefined,
  patient: boolean,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET';
    const request = http.request({ socketPath: socket, method, path, agent: false });
    const late = () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    const timer = patient ? undefined : setTimeout(late, ANSWER_MS);
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(gone(socket, error));
    });
    request.end(body && JSON.stringify(body));
  });
}

const WHY: Readonly<Record<string, readonly [why: string, fix?: string]>> = {
  ENOENT: ['no such socket', 'omit --control and TSHORN_CONTROL to find the master of this user'],
  ECONNREFUSED: ['its master has ended', 'start it again with `tshorn APP`'],
  EACCES: ['permission denied', 'run this as the user who started the master'],
  ETIMEDOUT: [`no answer within ${ANSWER_MS / 1000} s`],
  ENOTSOCK: ['the file is not a socket'],
  ECONNRESET: ['the master ended during the request'],
};

function gone(socket: string, error: unknown): TshornError {
  const { code, message } = error as NodeJS.ErrnoException;
  const [why, fix] = WHY[code ?? ''] ?? [message];
  return new TshornError(
    'ERR_CONTROL',
    `cannot ask the master at ${socket}: ${why}`,
    fix === undefined ? {} : { fix },
  );
}

/** Returns the value of a successful answer. A status of 409 refuses the operation; others reject the request itself. */
function accepted({ statusCode = 0 }: http.IncomingMessage, value: unknown): unknown {
  if (statusCode < 400) return value;
  const reason = (value as { error?: string } | null)?.error ?? `it answered ${statusCode}`;
  throw new TshornError(statusCode === 409 ? 'ERR_STATE' : 'ERR_CONTROL', reason);
}

function parse(line: string, socket: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new TshornError('ERR_CONTROL', `the server at ${socket} is not a tshorn master`);
  }
}
