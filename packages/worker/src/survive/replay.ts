/**
 * A connection that comes with a state goes on here: the request that it began with is read again, by the app's own
 * server, so that routing, middleware and whatever library upgrades it work as they do for a new client. What
 * they answer has been answered before: it is swallowed, and the client notices nothing.
 */
import type http from 'node:http';
import net, { type Socket } from 'node:net';
import { describeThrown } from '@tshorn/core';
import { beforeUpgrade } from '../upgraded.ts';
import { closeFrame, sayGoodbye } from './close-frame.ts';
import { headersBut, type RequestHead } from './heads.ts';
import type { Agreement, Payload } from './registry.ts';
import { Swallow } from './swallow.ts';

type WithHandoff = http.IncomingMessage & { handoff?: { readonly state: unknown } };

export const CLIENT_GONE = 'its client has gone';

/** How long an app may take to upgrade it: it may ask a database who the client is. */
const UPGRADE_WITHIN_MS = 10_000;

/** The bytes that a request began with; the headers are in the order and the case in which they came. */
export function bytesOf({ method, url, httpVersion, rawHeaders }: RequestHead): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** Connections whose request is read again, and the states that they come with. */
const arriving = new WeakMap<Socket, unknown>();

/** Before any listener of the app's: a server may have several, and each may ask whether it is a resumer. */
beforeUpgrade.add((request: WithHandoff, socket) => {
  if (arriving.has(socket)) request.handoff = { state: arriving.get(socket) };
});

/**
 * Upgrades it again. Resolves with why it did not work, then the client has been told that it is over; with
 * nothing when it goes on.
 * @param connect makes the app's server serve the socket
 */
export function replayUpgrade(
  server: http.Server,
  socket: Socket,
  { request, agreement, state, held }: Payload,
  connect: () => void,
): Promise<string | undefined> {
  // Nobody listens to upgrades any more: Node would read it as a request, and the client get an answer to that.
  if (server.listenerCount('upgrade') === 0) {
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
      connect();
      socket.emit('data', bytesOf(request));
    } catch (error) {
      // A listener that throws at a new client ends the worker; this one would end each worker that it comes to.
      resolve(describeThrown(error));
      swallow.end('');
    }
  });
}

/**
 * Goes on with a response in the middle: its request is read again, and nobody is told of it but who goes on.
 * Resolves as `replayUpgrade` does.
 */
export async function replayResponse(
  server: http.Server,
  socket: Socket,
  { request, answer, over, state, held }: Payload,
  connect: () => void,
  resume: (response: http.ServerResponse, state: unknown) => void,
): Promise<string | undefined> {
  connect();
  const response = readAgain(server, socket, bytesOf(request));
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

/** Node says them itself. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/**
 * Its end is among what was held. To Node it ends here, too: then the connection is idle again, or is closed if the
 * response says so, after what is written before the callback.
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

/** The parser answers at once; only the emitter comes before every listener that an app or a framework has added. */
function readAgain(server: http.Server, socket: Socket, bytes: Buffer): http.ServerResponse | undefined {
  const before = Object.getOwnPropertyDescriptor(server, 'emit');
  const { emit } = server;
  let response: http.ServerResponse | undefined;
  const catching = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'request' || (args[0] as http.IncomingMessage).socket !== socket) {
      return Reflect.apply(emit, server, [event, ...args]);
    }
    response = args[1] as http.ServerResponse;
    return true;
  };
  server.emit = catching as typeof server.emit;
  try {
    socket.emit('data', bytes);
  } finally {
    if (before) Object.defineProperty(server, 'emit', before);
    else delete (server as Partial<http.Server>).emit;
  }
  return response;
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
