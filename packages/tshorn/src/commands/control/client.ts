/**
 * The client's end of the control socket; the other end is master/src/control/server.ts. Every reason for which a
 * request gets no answer is a TshornError ERR_CONTROL: exit code 2, could not ask.
 */
import v8 from 'node:v8';
import { TshornError } from '@tshorn/core';
import { Client, type Dispatcher } from 'undici';

// undici's parser is WebAssembly. V8 11 compiles all of it a second time, for speed, which costs a command that sends
// one request 90 ms of CPU. Later versions do that for what runs often.
if (process.versions.v8.startsWith('11.')) v8.setFlagsFromString('--liftoff-only');

/** One line of a stream, with the fields of the log line of that event. */
export interface StreamEvent {
  readonly event: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface AskOptions {
  /** Waits without a limit, for a request whose answer comes when the operation has ended. Default: false. */
  readonly patient?: boolean;
  /** Gives up the request when it aborts; the caller gets the reason of the abort. */
  readonly signal?: AbortSignal | undefined;
}

/** Time limit for an answer, in milliseconds. The loop of a master is busy only for moments. */
export const ANSWER_MS = 5_000;

/**
 * Sends one request and resolves with the answer. It is a POST where there is a body.
 * @throws TshornError ERR_CONTROL: could not ask; ERR_STATE: the master refuses now
 */
export async function ask(
  socket: string,
  path: string,
  body?: object,
  { patient = false, signal }: AskOptions = {},
): Promise<unknown> {
  // A master that hangs is found out before the wait without a limit.
  if (patient) await ask(socket, '/status', undefined, { signal });
  const limit = patient ? 0 : ANSWER_MS;
  const client = clientOf(socket, { headersTimeout: limit, bodyTimeout: limit });
  try {
    return await answerOf(await send(client, path, body, signal), socket);
  } catch (error) {
    throw gone(socket, error, signal);
  } finally {
    void client.destroy();
  }
}

/**
 * Sends one request and yields each line of its answer as an event. Only the beginning of the answer has a time limit: a
 * reload may be silent for minutes.
 * @throws TshornError as `ask`
 */
export async function* stream(
  socket: string,
  path: string,
  body: object,
  options?: Pick<AskOptions, 'signal'>,
): AsyncGenerator<StreamEvent, void, undefined> {
  for await (const line of textLines(socket, path, body, { ...options, silentMs: 0 }))
    yield parse(line, socket) as StreamEvent;
}

/**
 * Sends one request and yields each line of its answer. It is a POST where there is a body. Ends with the answer, even with
 * one that breaks off. `silentMs` limits each pause in the answer; 0 is no limit.
 * @throws TshornError as `ask`
 */
export async function* textLines(
  socket: string,
  path: string,
  body?: object,
  { signal, silentMs = ANSWER_MS }: Pick<AskOptions, 'signal'> & { readonly silentMs?: number } = {},
): AsyncGenerator<string, void, undefined> {
  const client = clientOf(socket, { headersTimeout: ANSWER_MS, bodyTimeout: silentMs });
  try {
    const response = await send(client, path, body, signal);
    if (response.statusCode !== 200) await answerOf(response, socket);
    yield* linesOf(response.body);
    signal?.throwIfAborted();
  } catch (error) {
    throw gone(socket, error, signal);
  } finally {
    void client.destroy();
  }
}

/** One event of a stream of server-sent events. */
export interface SentEvent {
  readonly event: string;
  readonly data: unknown;
}

/**
 * Sends one request and yields each server-sent event of its answer, whose data is JSON. Ends with the answer, also with one
 * that breaks off.
 * @throws TshornError as `ask`, also when nothing has come for as long as an answer may take
 */
export async function* sentEvents(
  socket: string,
  path: string,
  { signal }: Pick<AskOptions, 'signal'> = {},
): AsyncGenerator<SentEvent, void, undefined> {
  let event = 'message';
  for await (const line of textLines(socket, path, undefined, { signal })) {
    const [, name, text = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'event') event = text;
    if (name === 'data') yield { event, data: parse(text, socket) };
  }
}

const clientOf = (socketPath: string, limits: Client.Options): Client =>
  new Client('http://master', { socketPath, connectTimeout: ANSWER_MS, ...limits });

function send(
  client: Client,
  path: string,
  body: object | undefined,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  const content = body
    ? ({ method: 'POST', body: JSON.stringify(body) } as const)
    : { method: 'GET' as const };
  return client.request({ path, signal, ...content });
}

/** Ends early where the answer breaks off, as that of a killed master does: the reader finds no last line. */
async function* linesOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() as string;
      yield* lines;
    }
  } catch (error) {
    // That is no end: the master is there, and says nothing.
    if ((error as NodeJS.ErrnoException).code === 'UND_ERR_BODY_TIMEOUT') throw error;
  }
}

/** Returns the value of a successful answer. A status of 409 refuses the operation; others reject the request itself. */
async function answerOf({ statusCode, body }: Dispatcher.ResponseData, socket: string): Promise<unknown> {
  const value = parse(await body.text(), socket);
  if (statusCode < 400) return value;
  const reason = (value as { error?: string } | null)?.error ?? `it answered ${statusCode}`;
  throw new TshornError(statusCode === 409 ? 'ERR_STATE' : 'ERR_CONTROL', reason);
}

function parse(line: string, socket: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new TshornError('ERR_CONTROL', `the server at ${socket} ${NO_MASTER}`);
  }
}

const NO_MASTER = 'is not a tshorn master';
const LATE = [
  `no answer within ${ANSWER_MS / 1000} s`,
  'look whether it is stopped: state T in `ps`',
] as const;
const ENDED = ['the master ended during the request'] as const;

/** By the code of the error, or its name where it has none. */
const WHY: Readonly<Record<string, readonly [why: string, fix?: string]>> = {
  ENOENT: ['no such socket', 'omit --control and TSHORN_CONTROL to find the master of this user'],
  ECONNREFUSED: ['its master has ended', 'start it again with `tshorn APP`'],
  EACCES: ['permission denied', 'run this as the user who started the master'],
  ENOTSOCK: ['the file is not a socket'],
  ECONNRESET: ENDED,
  EPIPE: ENDED,
  HTTPParserError: [`the server there ${NO_MASTER}`],
  UND_ERR_SOCKET: ENDED,
  UND_ERR_CONNECT_TIMEOUT: LATE,
  UND_ERR_HEADERS_TIMEOUT: LATE,
  UND_ERR_BODY_TIMEOUT: LATE,
};

/** The error of a master that is there, and does not answer. `who` names it. */
export const silentError = (who: string): TshornError =>
  new TshornError('ERR_CONTROL', `${who} does not answer: ${LATE[0]}`, { fix: LATE[1] });

/** True for the error of a master that is there, and does not answer. */
export const isLate = (error: TshornError): boolean => error.fix === LATE[1];

/** The error for the caller. An abort is the caller's own. */
function gone(socket: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof TshornError) return error;
  if (signal?.aborted) return signal.reason;
  const { code, name, message } = error as NodeJS.ErrnoException;
  const [why, fix] = WHY[code ?? name] ?? [message];
  return new TshornError(
    'ERR_CONTROL',
    `cannot ask the master at ${socket}: ${why}`,
    fix === undefined ? {} : { fix },
  );
}
