/** What an app's `save` returns, as text. */

const MAX_STATE = 65_536;

/** What `save` may return. A promise is no state: something could happen before it settles. */
export type Saved<State> = State extends PromiseLike<unknown> ? never : State;

/** @throws a sentence for the log when it is nothing that can be sent */
export function stateText(state: unknown, maxState = MAX_STATE): string {
  if (typeof (state as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw new TypeError(
      'the state is a promise; it has to be the state itself, as nothing may happen meanwhile',
    );
  }
  if (state === undefined) return '';
  const text = JSON.stringify(state) as string | undefined;
  if (text === undefined) throw new TypeError(`the state is a ${typeof state}, which is no JSON`);
  const size = Buffer.byteLength(text);
  if (size > maxState) {
    throw new RangeError(`the state is ${size} bytes as JSON, and maxState allows ${maxState}`);
  }
  return text;
}
