/**
 * An app that answers a message by and by (`ws.on('message', async ...)`) would answer on an object that its client
 * has left. So what a listener returns is looked at, which EventEmitter does not do: until it settles, the
 * connection does not move.
 */
type Listener = (...args: unknown[]) => unknown;

interface Emitter {
  on(event: string, listener: Listener): unknown;
}

const running = new WeakMap<object, number>();

/** How many handlers have not come to their end. */
export const busyWith = (client: object): number => running.get(client) ?? 0;

type Watches = (event: string) => boolean;
const METHODS = ['on', 'addListener', 'prependListener'] as const;
const messages: Watches = (event) => event === 'message';

/**
 * Called before anybody listens. `once` comes through `on`, wrapped by Node: its promise is not seen.
 * @param watches whether the listeners of this event are looked at
 */
export function watchHandlers(client: object, watches: Watches = messages): void {
  const emitter = client as Emitter & Record<(typeof METHODS)[number], Emitter['on']>;
  for (const method of METHODS) emitter[method] = watchfulOf(emitter[method], watches);
}

/** What stands in a method's place is the same for all clients: one for each would be 300 bytes of each. */
const watchful = new WeakMap<Watches, WeakMap<Emitter['on'], Emitter['on']>>();

function watchfulOf(add: Emitter['on'], watches: Watches): Emitter['on'] {
  const made = watchful.get(watches) ?? new WeakMap<Emitter['on'], Emitter['on']>();
  watchful.set(watches, made);
  const known = made.get(add);
  if (known) return known;
  const watching = function (this: Emitter, event: string, listener: Listener) {
    return Reflect.apply(add, this, [event, watches(event) ? counted(this, listener) : listener]);
  };
  made.set(add, watching);
  return watching;
}

/** What is called for this client, and counted until the promise that it may return has settled. */
export function counted(client: object, listener: Listener): Listener {
  if (typeof listener !== 'function' || 'listener' in listener) return listener;
  const watching: Listener & { listener?: Listener } = function (this: unknown, ...args) {
    const result = Reflect.apply(listener, this, args);
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      running.set(client, busyWith(client) + 1);
      const settle = () => running.set(client, busyWith(client) - 1);
      (result as PromiseLike<unknown>).then(settle, settle);
    }
    return result;
  };
  // Node's own way to find the listener that `off` names (https://nodejs.org/api/events.html, rawListeners).
  watching.listener = listener;
  return watching;
}
