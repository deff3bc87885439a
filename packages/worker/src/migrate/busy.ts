/**
 * Counts the message handlers that have not settled. An app that answers later (`ws.on('message', async ...)`) would
 * answer on an object that its client has left, so the connection does not move before the promise that a listener
 * returns has settled. EventEmitter ignores that promise, therefore the methods that add listeners are wrapped.
 */
type Listener = (...args: unknown[]) => unknown;

interface Emitter {
  on(event: string, listener: Listener, ...more: unknown[]): unknown;
  prependListener: Emitter['on'];
  off: Emitter['on'];
}

const running = new WeakMap<object, number>();

/** How many handlers of this client have not settled. */
export const busyWith = (client: object): number => running.get(client) ?? 0;

type Watches = (event: string) => boolean;
type Add = Emitter['on'];
/** Wraps a method that adds listeners, so that their results are counted. */
type Make = (add: Add, watches: Watches) => Add;

const messages: Watches = (event) => event === 'message';

/**
 * Called before the app listens.
 * @param watches selects the events whose listeners are counted
 */
export function watchHandlers(client: object, watches: Watches = messages): void {
  const emitter = client as Partial<Record<string, Add>>;
  for (const [method, make] of Object.entries(MAKE)) {
    const add = emitter[method];
    if (typeof add === 'function') emitter[method] = sharedBy(add, watches, make);
  }
}

const always: Make = (add, watches) =>
  function (this: Emitter, event, listener) {
    return Reflect.apply(add, this, [event, watches(event) ? counted(this, listener) : listener]);
  };

/** Node's own `once` wrapper would hide the listener's result. */
const onlyOnce =
  (method: 'on' | 'prependListener'): Make =>
  (add, watches) =>
    function (this: Emitter, event, listener) {
      if (!watches(event) || typeof listener !== 'function')
        return Reflect.apply(add, this, [event, listener]);
      const heard = counted(this, listener);
      const once: Listener & { listener?: Listener } = (...args) => {
        this.off(event, once);
        return Reflect.apply(heard, this, args);
      };
      once.listener = listener;
      return this[method](event, once);
    };

/** The wrapper of each handler of `addEventListener` or `onmessage`, which `removeEventListener` has to find again. */
const handlers = new WeakMap<object, Listener>();

const asEventTarget: Make = (add, watches) =>
  function (this: Emitter, event, handler, ...more: unknown[]) {
    if (!watches(event) || (typeof handler !== 'function' && typeof handler !== 'object')) {
      return Reflect.apply(add, this, [event, handler, ...more]);
    }
    const known = handlers.get(handler) ?? ((message) => callHandler(handler, message as MessageLike));
    handlers.set(handler, known);
    return Reflect.apply(add, this, [event, known, ...more]);
  };

const fromEventTarget: Make = (remove) =>
  function (this: Emitter, event, handler) {
    return Reflect.apply(remove, this, [event, handlers.get(handler) ?? handler]);
  };

interface MessageLike {
  readonly target: object;
}

function callHandler(handler: Listener | { handleEvent?: Listener }, message: MessageLike): void {
  if (typeof handler === 'function') track(message.target, Reflect.apply(handler, message.target, [message]));
  else track(message.target, handler.handleEvent?.(message));
}

const MAKE: Readonly<Record<string, Make>> = {
  // First, as the others add by `on`.
  on: always,
  addListener: always,
  prependListener: always,
  once: onlyOnce('on'),
  prependOnceListener: onlyOnce('prependListener'),
  addEventListener: asEventTarget,
  removeEventListener: fromEventTarget,
};

/** Wrapped methods are shared by all clients: a wrapper for each client would take 300 bytes of it. */
const shared = new WeakMap<Watches, WeakMap<Add, Add>>();

function sharedBy(add: Add, watches: Watches, make: Make): Add {
  const made = shared.get(watches) ?? new WeakMap<Add, Add>();
  shared.set(watches, made);
  const known = made.get(add) ?? make(add, watches);
  made.set(add, known);
  return known;
}

/** Wraps a listener of this client: it counts as busy until the promise that the listener may return has settled. */
export function counted(client: object, listener: Listener): Listener {
  if (typeof listener !== 'function' || 'listener' in listener) return listener;
  const watching: Listener & { listener?: Listener } = function (this: unknown, ...args) {
    return track(client, Reflect.apply(listener, this, args));
  };
  // Node's own way to find the listener that `off` names (https://nodejs.org/api/events.html, rawListeners).
  watching.listener = listener;
  return watching;
}

/**
 * Counts a promise until it settles. The promise that is returned rejects as it does, and has no handler: an app's handler
 * that rejects is an unhandled rejection, as without tshorn.
 */
function track(client: object, result: unknown): unknown {
  const promise = result as PromiseLike<unknown> | undefined;
  if (typeof promise?.then !== 'function') return result;
  const settle = () => running.set(client, busyWith(client) - 1);
  running.set(client, busyWith(client) + 1);
  return promise.then(
    (value) => {
      settle();
      return value;
    },
    (error) => {
      settle();
      throw error;
    },
  );
}
