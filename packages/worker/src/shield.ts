/**
 * Stands between Node and the app's listeners on `process`: tshorn sees each event first, and the listeners that Node
 * needs to deliver one at all survive whatever the app removes.
 *
 * - `process.emit` is wrapped: a listener cannot keep another one from running, the emitter can.
 * - Node watches a signal, and hands messages on, only while somebody listens (lib/internal/process/signal.js,
 *   lib/internal/child_process.js): after `removeAllListeners('SIGTERM')` the next signal would end the worker.
 * - For a signal Node binds the `emit` that it finds when the first listener is added. A preloaded module (`--import`,
 *   `--require`) may have added one before, so its listeners are taken off and added again.
 *
 * A Node that does this in another way shields less: then a preloaded listener gets the signal at once. The Worker
 * creates the shield, once.
 */
import type { EventEmitter } from 'node:events';

type Listener = (...args: unknown[]) => void;

/** Returns true for an event that the app must not get. */
export type Withhold = (event: string | symbol, args: readonly unknown[]) => boolean;

/** The same object, without the types of its events. */
const emitter = process as EventEmitter;

/** Without these Node itself and node:cluster would not hear any more of signals and messages. */
const NODES_OWN = new Set<string | symbol>(['newListener', 'removeListener', 'internalMessage']);

export class Shield {
  readonly #kept = new Map<string | symbol, Listener>();
  readonly #withhold: Withhold[] = [];

  constructor() {
    const { emit, listeners, removeAllListeners } = emitter;
    emitter.emit = (event, ...args) =>
      this.#withheld(event, args) || Reflect.apply(emit, process, [event, ...args]);
    // A library that raises a signal again looks first whether others listen to it.
    emitter.listeners = (event) =>
      Reflect.apply(listeners, process, [event]).filter((listener) => listener !== this.#kept.get(event));
    // Before Node's own listener, which stops watching a signal without listeners.
    emitter.prependListener('removeListener', (event: string | symbol) => this.#restore(event));
    // Without an event, Node's own method forgets all listeners at the end, those that have just been added too.
    emitter.removeAllListeners = (...events) => {
      const all = events.length > 0 ? events : emitter.eventNames().filter((event) => !NODES_OWN.has(event));
      for (const event of all) Reflect.apply(removeAllListeners, process, [event]);
      return process;
    };
  }

  withhold(withhold: Withhold): void {
    this.#withhold.push(withhold);
  }

  #withheld(event: string | symbol, args: readonly unknown[]): boolean {
    return this.#withhold.some((withhold) => withhold(event, args));
  }

  /** Adds a listener that stays until it is dropped: one for each event. */
  keep(event: string, listener: Listener): void {
    const early = emitter.rawListeners(event) as Listener[];
    for (const other of early) emitter.off(event, other);
    emitter.on(event, listener);
    for (const other of early) emitter.on(event, other);
    this.#kept.set(event, listener);
  }

  drop(event: string): void {
    const listener = this.#kept.get(event);
    this.#kept.delete(event);
    if (listener) emitter.off(event, listener);
  }

  #restore(event: string | symbol): void {
    const listener = this.#kept.get(event);
    if (listener && !emitter.rawListeners(event).includes(listener)) emitter.on(event, listener);
  }
}
