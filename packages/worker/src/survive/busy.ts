/**
 * An app that answers a message by and by (`ws.on('message', async ...)`) would answer on an object that its client
 * has left. So what a listener returns is looked at, which EventEmitter does not do: until it settles, the
 * connection does not move.
 */
type Listener = (...args: unknown[]) => unknown;

interface Emitter {
  on(event: string, listener: Listener, ...more: unknown[]): unknown;
  prependListener: Emitter['on'];
  off: Emitter['on'];
}

const running = new WeakMap<object, number>();

/** How many handlers have not come to their end. */
export const busyWith = (client: object): number => running.get(client) ?? 0;

type Watches = (event: string) => boolean;
type Add = Emitter['on'];
/** Makes of a method one that looks at what the listeners that it is given return. */
type Make = (add: Add, watches: Watches) => Add;

const messages: Watches = (event) => event === 'message';

/**
 * Called before anybody listens.
 * @param watches whether the listeners of this event are looked at
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

/** Node's own wrapper would hide what the listener returns from whoever stands in the way. */
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

/** What stands for a handler of `addEventListener` or `onmessage`; `removeEventListener` has to find it again. */
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
  // First, as `on` is what the others are put on by.
  on: always,
  addListener: always,
  prependListener: always,
  once: onlyOnce('on'),
  prependOnceListener: onlyOnce('prependListener'),
  addEventListener: asEventTarget,
  removeEventListener: fromEventTarget,
};

/** What stands in a method's place is the same for all clients: one for each would be 300 bytes of each. */
const shared = new WeakMap<Watches, WeakMap<Add, Add>>();

function sharedBy(add: Add, watches: Watches, make: Make): Add {
  const made = shared.get(watches) ?? new WeakMap<Add, Add>();
  shared.set(watches, made);
  const known = made.get(add) ?? make(add, watches);
  made.set(add, known);
  return known;
}

/** What is called for this client, and counted until the promise that it may return has settled. */
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
 * Counts it until it settles, if it is a promise. What is returned fails as the promise does, and nobody listens to that:
 * a handler that rejects is an unhandled rejection, with us as without.
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
