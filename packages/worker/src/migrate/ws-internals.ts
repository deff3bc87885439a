/**
 * The one place that looks inside the `ws` package, to find whether a WebSocket is between two messages in both
 * directions. The fields of its receiver and sender are the same from 7.5 to 8.23, and documented in none (lib/receiver.js,
 * lib/sender.js). Where they are missing, a WebSocket does not move.
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

/** True when this object has the fields that this file reads. */
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

/** The reason why this WebSocket cannot move at this moment; empty when it can. */
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
 * True while a message of the app is not all written, or its last fragment has not been sent. After `close()` no more
 * fragments can come, and bytes that are sent all the same count as buffered for ever (lib/websocket.js, sendAfterClose).
 */
export function isSending(ws: object): boolean {
  const { _readyState, _sender } = inside(ws);
  return (_readyState === OPEN && !_sender._firstFragment) || isWriting(_sender);
}

const hasQueue = (sender: Sender): boolean => sender._bufferedBytes > 0 || isWriting(sender);

const isWriting = ({ _queue, _state, _deflating }: Sender): boolean =>
  _queue.length > 0 || Boolean(_state) || _deflating === true;

/** Both ends compress each message with a memory of those before it (RFC 7692, section 7.1.1), which cannot move. */
function keepsDeflateContext(ws: object): boolean {
  const deflate = inside(ws)._extensions?.['permessage-deflate'];
  const params = deflate?.params;
  return deflate !== undefined && !(params?.server_no_context_takeover && params.client_no_context_takeover);
}

/** Closes it without a frame to the client, and emits 'close' with this code and reason. */
export function leave(ws: object, code: number, reason: string): void {
  const it = inside(ws);
  // From here on `ws` itself refuses to send.
  it._readyState = CLOSING;
  it._closeCode = code;
  it._closeMessage = Buffer.from(reason);
  it._socket.destroy();
}
