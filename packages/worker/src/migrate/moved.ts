/** Marks clients that another worker has resumed. An app may import several of our bundles, which meet on the global object. */

const KEY = Symbol.for('tshorn.moved');
const shared = globalThis as { [KEY]?: WeakSet<object> };
shared[KEY] ??= new WeakSet();
const left = shared[KEY];

/**
 * Tells why a WebSocket or a response emits 'close': true when its client is still connected, and another worker serves
 * it now; false when the client has gone. Always false outside of tshorn.
 */
export const moved = (client: object): boolean => left.has(client);

export const markMoved = (client: object): void => void left.add(client);
