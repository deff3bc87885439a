/** Has a worker that stands at a breakpoint go on, until it has closed its inspector. Loaded when one does. */
import { WebSocketClient } from '../hang/websocket-client.ts';

/** A worker that meets one breakpoint after the other is left to the end of its grace period. */
const WITHIN_MS = 5_000;

/** @param address of its inspector: `ws://...` */
export function resume(address: string): void {
  let last = 0;
  const order = (method: string) => socket.send(JSON.stringify({ id: ++last, method }));
  const timer = setTimeout(() => socket.close(), WITHIN_MS).unref();
  const socket = new WebSocketClient(address, {
    onEnd: () => clearTimeout(timer),
    onMessage: (text) => {
      if (text.includes('"Debugger.paused"')) order('Debugger.resume');
    },
  });
  // A session that begins in a pause is told of it.
  order('Debugger.enable');
}
