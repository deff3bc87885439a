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

const METHODS = ['on', 'addListener', 'prependListener'] as const;

/** A method that adds listeners, and the one in its place: the same for all clients, as each would hold its own. */
const watchful = new WeakMap<Emitter['on'], Emitter['on']>();

/** Called before anybody listens. `once` comes through `on`, wrapped by Node: its promise is not seen. */
export function watchHandlers(client: object): void {
  const emitter = client as Emitter & Record<(typeof METHODS)[number], Emitter['on']>;
  for (const method of METHODS) emitter[method] = watchfulOf(emitter[method]);
}

function watchfulOf(add: Emitter['on']): Emitter['on'] {
  const known = watchful.get(add);
  if (known) return known;
  const made = function (this: Emitter, event: string, listener: Listener) {
    return Reflect.apply(add, this, [event, event === 'message' ? counted(this, listener) : listener]);
  };
  watchful.set(add, made);
  return made;
}

function counted(client: object, listener: Listener): Listener {
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
