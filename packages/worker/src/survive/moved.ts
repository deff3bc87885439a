/** What goes on in another worker. An app may import from several of our bundles, so they meet on the global object. */

const KEY = Symbol.for('tshorn.moved');
const shared = globalThis as { [KEY]?: WeakSet<object> };
shared[KEY] ??= new WeakSet();
const left = shared[KEY];

/**
 * Whether the client of this WebSocket, or of this response, goes on in another worker: it is closed here, and has
 * not gone. Known when 'close' is emitted; false outside of tshorn.
 */
export const moved = (client: object): boolean => left.has(client);

export const markMoved = (client: object): void => void left.add(client);
