/**
 * The one place that looks inside the `ws` package: whether a WebSocket is between two messages, in both
 * directions. Its receiver and sender keep that in fields that are the same from 7.5 to 8.23 and documented in
 * none (lib/receiver.js, lib/sender.js). Where they are not found, a WebSocket does not move.
 */
import type { Socket } from 'node:net';

interface Receiver {
  readonly _state: number;
  readonly _bufferedBytes: number;
  readonly _fragmented: number;
  readonly _messageLength: number;
  readonly writableLength: number;
}

interface Sender {
  readonly _bufferedBytes: number;
  readonly _queue: readonly unknown[];
  readonly _firstFragment: boolean;
  /** Before 8.18.1 a boolean `_deflating`. */
  readonly _state?: number;
  readonly _deflating?: boolean;
}

interface Inside {
  _readyState: number;
  _closeCode: number;
  _closeMessage: Buffer;
  /** Not before 8.3. */
  readonly _paused?: boolean;
  readonly _closeFrameSent: boolean;
  readonly _closeFrameReceived: boolean;
  readonly _socket: Socket;
  readonly _receiver: Receiver;
  readonly _sender: Sender;
  readonly _extensions: Record<string, { readonly params?: Record<string, unknown> } | undefined>;
}

const OPEN = 1;
const CLOSING = 2;
/** The receiver waits for the first byte of a frame. */
const GET_INFO = 0;

const inside = (ws: object): Inside => ws as Inside;

/** Whether this `ws` is what this file expects. */
export function isKnown(ws: object): boolean {
  const { _socket, _receiver, _sender, _closeFrameSent } = inside(ws);
  return (
    typeof _socket === 'object' &&
    typeof _closeFrameSent === 'boolean' &&
    typeof _receiver?._state === 'number' &&
    typeof _receiver._fragmented === 'number' &&
    typeof _receiver._bufferedBytes === 'number' &&
    Array.isArray(_sender?._queue) &&
    typeof _sender._firstFragment === 'boolean'
  );
}

export const socketOf = (ws: object): Socket => inside(ws)._socket;

/** Why nothing can be said of this WebSocket in another process at this moment; empty when it can. */
export function refusalOf(ws: object): string {
  const { _readyState, _closeFrameSent, _closeFrameReceived, _receiver, _sender } = inside(ws);
  if (_readyState !== OPEN || _closeFrameSent || _closeFrameReceived) return 'closing';
  if (keepsDeflateContext(ws)) return 'deflate';
  if (isPaused(ws)) return 'paused';
  if (isInMessage(_receiver) || !_sender._firstFragment) return 'message';
  return hasQueue(_sender) ? 'queue' : '';
}

const isPaused = (ws: object): boolean => inside(ws)._paused ?? inside(ws)._socket.isPaused();

/** Before 8.3, which express-ws brings, a WebSocket has no such methods; its socket has. */
type Pausable = Record<'pause' | 'resume', (() => void) | undefined>;
const pausable = (ws: object): Pausable =>
  'pause' in ws ? (ws as Pausable) : (inside(ws)._socket as unknown as Pausable);

export const pause = (ws: object): void => pausable(ws).pause?.();
export const unpause = (ws: object): void => pausable(ws).resume?.();

const isInMessage = ({ _state, _bufferedBytes, _fragmented, _messageLength, writableLength }: Receiver) =>
  _state !== GET_INFO || _bufferedBytes > 0 || _fragmented !== 0 || _messageLength > 0 || writableLength > 0;

/**
 * Whether some of what the app has sent is still to be written, or to be said. After `close()` nothing more can come,
 * and what is sent all the same counts among the buffered bytes for ever (lib/websocket.js, sendAfterClose).
 */
export function isSending(ws: object): boolean {
  const { _readyState, _sender } = inside(ws);
  return (_readyState === OPEN && !_sender._firstFragment) || isWriting(_sender);
}

const hasQueue = (sender: Sender): boolean => sender._bufferedBytes > 0 || isWriting(sender);

const isWriting = ({ _queue, _state, _deflating }: Sender): boolean =>
  _queue.length > 0 || Boolean(_state) || _deflating === true;

/** Both ends compress each message with what they remember of those before it (RFC 7692, section 7.1.1). */
function keepsDeflateContext(ws: object): boolean {
  const deflate = inside(ws)._extensions?.['permessage-deflate'];
  const params = deflate?.params;
  return deflate !== undefined && !(params?.server_no_context_takeover && params.client_no_context_takeover);
}

/** Closes it without a word to the client: 'close' is emitted with this code and reason. */
export function leave(ws: object, code: number, reason: string): void {
  const it = inside(ws);
  // What is sent from here on is refused by `ws` itself.
  it._readyState = CLOSING;
  it._closeCode = code;
  it._closeMessage = Buffer.from(reason);
  it._socket.destroy();
}
