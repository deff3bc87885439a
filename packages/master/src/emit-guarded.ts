/** Emits an event whose listeners are foreign code: none of them can cost another one the event, or the caller its turn. */
import type { EventEmitter } from 'node:events';

/**
 * Calls every listener of `event`. A listener that throws, or returns a promise that rejects, costs nobody else
 * anything; EventEmitter's own `emit` would skip the listeners behind it and throw into the caller.
 * @param onError called with what a listener threw
 */
export function emitGuarded(
  emitter: EventEmitter,
  event: string,
  args: readonly unknown[],
  onError: (error: unknown) => void,
): void {
  // Raw listeners: the wrapper of once() removes itself.
  for (const listener of emitter.rawListeners(event)) {
    try {
      const result: unknown = Reflect.apply(listener, emitter, args);
      if (result instanceof Promise) result.catch(onError);
    } catch (error) {
      onError(error);
    }
  }
}
