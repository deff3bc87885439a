/** The result of an app's `save`, as text. */

const MAX_STATE = 65_536;

/** The results that `save` may return. A promise is none: messages could come before it settles. */
export type Saved<State> = State extends PromiseLike<unknown> ? never : State;

/** @throws TypeError or RangeError, whose message goes to the log, for a state that cannot be sent */
export function stateText(state: unknown, maxState = MAX_STATE): string {
  if (typeof (state as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw new TypeError(
      'the state is a promise; return the state itself, since messages could come before a promise settles',
    );
  }
  if (state === undefined) return '';
  const text = JSON.stringify(state) as string | undefined;
  if (text === undefined) throw new TypeError(`the state is a ${typeof state}, which JSON cannot express`);
  const size = Buffer.byteLength(text);
  if (size > maxState) {
    throw new RangeError(`the state is ${size} bytes as JSON, more than maxState allows (${maxState})`);
  }
  return text;
}
