/**
 * Resumes a connection that comes with a state: the app's own server reads the request that it began with again, so that
 * routing, middleware and whatever library upgrades it work as they do for a new client. The client has had their answer
 * from another worker: it is swallowed, and the client notices nothing.
 */
import type http from 'node:http';
import net, { type Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import type { Transport } from '../transport/transport.ts';
import { beforeUpgrade } from '../transport/upgraded.ts';
import { closeFrame, sayGoodbye } from './close-frame.ts';
import { headersBut, type RequestHead } from './heads.ts';
import type { Agreement, Payload } from './registry.ts';
import { Swallow } from './swallow.ts';

type WithHandoff = http.IncomingMessage & { handoff?: { readonly state: unknown } };

export const CLIENT_GONE = 'its client has gone';

/** The time that an app has to upgrade it: it may ask a database who the client is. */
const UPGRADE_WITHIN_MS = 10_000;

/** The head of a request as bytes; its headers keep their order and their case. */
export function bytesOf({ method, url, httpVersion, rawHeaders }: RequestHead): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** The states of connections whose request is being read again. */
const arriving = new WeakMap<Socket, unknown>();

/** Before any listener of the app: a server may have several, and each may look at `request.handoff`. */
beforeUpgrade.add((request: WithHandoff, socket) => {
  if (arriving.has(socket)) request.handoff = { state: arriving.get(socket) };
});

/**
 * Upgrades it again. Resolves with nothing when that worked; otherwise with the reason, and the client has been told to
 * reconnect.
 * @param serve has the app's server serve the socket
 */
export function replayUpgrade(
  transport: Pick<Transport, 'upgrades' | 'intercept'>,
  socket: Socket,
  { request, agreement, state, held }: Payload,
  serve: () => void,
): Promise<string | undefined> {
  // Without a listener Node would take the upgrade for a request, and its client would get an answer to that.
  if (!transport.upgrades()) {
    sayGoodbye(socket, Buffer.concat([Buffer.from(held, 'base64'), closeFrame()]));
    return Promise.resolve('the app upgrades nothing');
  }
  arriving.set(socket, state === undefined ? undefined : JSON.parse(state));
  return new Promise((resolve) => {
    const swallow = new Swallow(socket, (answer) => {
      clearTimeout(timer);
      arriving.delete(socket);
      socket.off('close', onClose);
      const refusal = whyNot(answer, agreement);
      if (refusal) sayGoodbye(socket, Buffer.concat([Buffer.from(held, 'base64'), closeFrame()]));
      else {
        countAsWritten(socket, answer);
        if (held) socket.write(Buffer.from(held, 'base64'));
      }
      resolve(refusal);
    });
    const timer = setTimeout(() => swallow.end(''), UPGRADE_WITHIN_MS).unref();
    const onClose = () => swallow.end('HTTP/1.1 closed');
    socket.once('close', onClose);
    try {
      serve();
      socket.emit('data', bytesOf(request));
    } catch (error) {
      // A listener that throws at a new client ends the worker; this one would end each worker that it comes to.
      resolve(describeThrown(error));
      swallow.end('');
    }
  });
}

/**
 * Resumes a response in the middle: its request is read again, and reaches only the resumer. Resolves as
 * `replayUpgrade` does.
 */
export async function replayResponse(
  transport: Pick<Transport, 'upgrades' | 'intercept'>,
  socket: Socket,
  { request, answer, over, state, held }: Payload,
  serve: () => void,
  resume: (response: http.ServerResponse, state: unknown) => void,
): Promise<string | undefined> {
  serve();
  const response = readAgain(transport, socket, bytesOf(request));
  if (!response || !answer) {
    sayGoodbye(socket);
    return 'its request could not be read again';
  }
  const swallow = new Swallow(socket, () => {});
  const headers = [...headersBut(answer.rawHeaders, OF_THE_CONNECTION), 'Transfer-Encoding', 'chunked'];
  response.writeHead(answer.status, headers);
  response.flushHeaders();
  swallow.end('');
  if (over) endUnheard(response, socket);
  if (held) socket.write(Buffer.from(held, 'base64'));
  if (over) return undefined;
  try {
    (response.req as WithHandoff).handoff = { state: state === undefined ? undefined : JSON.parse(state) };
    resume(response, (response.req as WithHandoff).handoff?.state);
  } catch (error) {
    socket.destroy();
    return describeThrown(error);
  }
  return undefined;
}

/** Headers that Node writes itself. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/**
 * The end of this response is among the bytes that were held. It ends for Node as well, without a byte of its own: then
 * the connection is idle again, or closes if the response says so, after the bytes that are written before the callback.
 */
function endUnheard(response: http.ServerResponse, socket: Socket): void {
  socket.write = ((_chunk: unknown, encoding?: unknown, callback?: unknown) => {
    const done = [callback, encoding].find((value) => typeof value === 'function');
    if (done) process.nextTick(done as () => void);
    return true;
  }) as typeof socket.write;
  response.end();
  delete (socket as Partial<Pick<Socket, 'write'>>).write;
}

/** The parser reads synchronously, so its request is the one that comes before this function returns. */
function readAgain(
  transport: Pick<Transport, 'intercept'>,
  socket: Socket,
  bytes: Buffer,
): http.ServerResponse | undefined {
  let read: http.ServerResponse | undefined;
  const release = transport.intercept((request, response) => {
    if (request.socket !== socket) return false;
    read = response;
    return true;
  });
  try {
    socket.emit('data', bytes);
  } finally {
    release();
  }
  return read;
}

function whyNot(answer: string, { protocol = '', extensions = '' }: Partial<Agreement> = {}): string {
  if (answer === '') return `the app did not upgrade it within ${UPGRADE_WITHIN_MS / 1000} s`;
  const status = /^HTTP\/1\.1 (\S+)/.exec(answer)?.[1];
  if (status === 'closed') return CLIENT_GONE;
  if (status !== '101') return `the app answered ${status ?? JSON.stringify(answer.slice(0, 40))}`;
  const said = (name: string) => new RegExp(`^${name}: *(.*?) *$`, 'im').exec(answer)?.[1] ?? '';
  for (const [name, spoken] of [
    ['Sec-WebSocket-Protocol', protocol],
    ['Sec-WebSocket-Extensions', extensions],
  ] as const) {
    if (said(name) !== spoken) return `its ${name} is "${spoken}", and the app wants "${said(name)}"`;
  }
  return '';
}

/**
 * `bytesWritten` is what tells a library that another one has answered an upgrade: engine.io ends a connection that
 * has none after a second (its option `destroyUpgrade`).
 */
function countAsWritten(socket: Socket, answer: string): void {
  const get = () => (Reflect.get(net.Socket.prototype, 'bytesWritten', socket) as number) + answer.length;
  Object.defineProperty(socket, 'bytesWritten', { get, configurable: true });
}
