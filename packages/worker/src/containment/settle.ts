/**
 * Settles the request that a crash or a hang has cost: its client is answered, or sees its connection close. The app's own
 * code may have replaced methods of the response (`on-headers`, `compression`, sessions), so Node's are called.
 */
import http from 'node:http';
import type { Socket } from 'node:net';
import { type Culprit, pathOf } from '@tshorn/core';
import { toOpenRequest } from '../in-flight.ts';
import { begun } from '../meter.ts';
import { closeFrame, sayGoodbye } from '../migrate/close-frame.ts';
import { idOf } from '../request-id.ts';
import { exchangeOn } from '../transport/http1-internals.ts';
import { isAnswered, upgradeOf } from '../transport/upgraded.ts';
import type { Suspect } from './attribution.ts';

const TEXTS = { 500: 'Internal Server Error', 503: 'Service Unavailable' } as const;
type Status = keyof typeof TEXTS;

/** "Internal error" (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number). */
const INTERNAL_ERROR = 1011;

const failed = new WeakSet<http.ServerResponse>();

/** True for the request that a failure has cost: it counts as lost, and not as answered. */
export const isSettled = (response: http.ServerResponse): boolean => failed.has(response);

/** @returns what it has cost. Never throws: an app may have replaced anything, and one that cannot be settled is cut off later. */
export function settle(suspect: Suspect, status: Status): Culprit {
  try {
    return settled(suspect, status);
  } catch {
    return { cost: 'unknown' };
  }
}

function settled(suspect: Suspect, status: Status): Culprit {
  if (suspect.kind === 'answered') return { cost: 'none' };
  if (suspect.kind === 'upgraded') return settleUpgraded(suspect.socket, status);
  const { response } = suspect;
  return { cost: settleRequest(response, status), request: toOpenRequest(begun(response)) };
}

export function settleRequest(response: http.ServerResponse, status: Status): Culprit['cost'] {
  const { socket } = response.req;
  // The response may wait for the end of a body.
  if (response.writableEnded || socket.destroyed) return 'none';
  failed.add(response);
  if (response.headersSent) {
    abandon(response);
    return 'closed';
  }
  answer(response, status);
  return 'answered';
}

/** A part of a response must not look like the whole: one that ends with its connection is reset. */
function abandon(response: http.ServerResponse): void {
  const { socket } = response.req;
  const endsByItself =
    response.chunkedEncoding || response.shouldKeepAlive || response.hasHeader('content-length');
  if (endsByItself || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}

/** The app may have replaced the headers that it is read from. */
function idFor(response: http.ServerResponse): string | undefined {
  try {
    return idOf(response);
  } catch {
    return undefined;
  }
}

function answer(response: http.ServerResponse, status: Status): void {
  const { removeHeader, getHeaderNames, writeHead, end } = http.ServerResponse.prototype;
  for (const name of getHeaderNames.call(response)) removeHeader.call(response, name);
  const text = `${TEXTS[status]}\n`;
  const id = idFor(response);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': text.length,
    // For a person to quote: the logs have it.
    ...(id !== undefined && { 'x-request-id': id }),
  };
  const { socket } = response.req;
  // Otherwise requests that are pipelined behind it would have no answers.
  const isLast = exchangeOn(socket).incoming === response.req;
  if (isLast) linger(socket);
  // With its text: what the app has set as `statusMessage` would stay, and may be what has thrown.
  Reflect.apply(writeHead, response, [
    status,
    TEXTS[status],
    isLast ? { ...headers, connection: 'close' } : headers,
  ]);
  Reflect.apply(end, response, [text]);
}

/**
 * Node destroys the connection as soon as the answer is written. The kernel resets one on which unread bytes wait, and the
 * client may lose the answer: a body that is still sent is read to its end (RFC 9112, section 9.6). An exception within a
 * callback of its parser has stopped the parser.
 */
function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.removeAllListeners('data');
    // With a listener Node no longer gives the bytes to the parser.
    socket.on('data', () => {});
    sayGoodbye(socket);
  };
}

function settleUpgraded(socket: Socket, status: Status): Culprit {
  const head = upgradeOf(socket);
  if (!head || !socket.writable) return { cost: 'none' };
  const isOpen = isAnswered(socket);
  const request = { method: head.method, path: pathOf(head.url), ageMs: 0, answering: isOpen };
  if (isOpen) {
    sayGoodbye(socket, closeFrame(INTERNAL_ERROR, 'internal error'));
    return { cost: 'closed', request };
  }
  const text = `${TEXTS[status]}\n`;
  sayGoodbye(
    socket,
    Buffer.from(
      `HTTP/1.1 ${status} ${TEXTS[status]}\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    ),
  );
  return { cost: 'answered', request };
}
