/**
 * A change of the certificates in all workers at once, in two phases. Pure: `decideSwap(state, event)` returns the next state and
 * what is to be done.
 *
 * In the first phase each worker makes the new ones ready, and lets the handshakes that begin now wait. When all of them wait,
 * none shows the old ones any more, and the second phase has all go on with the new ones. So no client is shown old, new,
 * and old again. A worker that cannot use the new ones has everybody go on with the old ones.
 *
 * A worker that boots is told of the swap and not waited for: it accepts nothing before it has read all that it was sent.
 */

/** Clients wait no longer for a worker that hangs. */
export const SWAP_WITHIN_MS = 2_000;

interface Swap {
  readonly revision: number;
  /** Serials of the workers that have not answered yet. */
  readonly waiting: readonly number[];
  /** Serials of all that know of it. */
  readonly told: readonly number[];
}

export interface SwapState {
  /** The revision that every worker uses. */
  readonly serving: number;
  readonly swap: Swap | undefined;
}

export type SwapEvent =
  /** @property serving workers that may have a handshake now; `others` boot, or have left the listeners */
  | {
      readonly type: 'begin';
      readonly revision: number;
      readonly serving: readonly number[];
      readonly others: readonly number[];
    }
  /** The worker has been sent what serves now, and hears the rest. */
  | { readonly type: 'booting'; readonly serial: number }
  | { readonly type: 'held'; readonly serial: number; readonly revision: number }
  | { readonly type: 'failed'; readonly serial: number; readonly revision: number; readonly reason: string }
  | { readonly type: 'gone'; readonly serial: number }
  | { readonly type: 'expired' };

export type SwapEffect =
  | { readonly do: 'prepare'; readonly serial: number; readonly revision: number }
  | { readonly do: 'end'; readonly serial: number; readonly revision: number; readonly use: boolean }
  | { readonly do: 'set-timer' }
  | { readonly do: 'clear-timer' }
  /** @property silent serials of those that have not answered in time */
  | { readonly do: 'swapped'; readonly revision: number; readonly silent: readonly number[] }
  | { readonly do: 'refused'; readonly revision: number; readonly serial: number; readonly reason: string }
  /** The others use the new ones already: this worker must not serve on with the old ones. */
  | { readonly do: 'replace'; readonly serial: number; readonly reason: string };

interface Decision {
  readonly state: SwapState;
  readonly effects: readonly SwapEffect[];
}

const NONE: readonly SwapEffect[] = [];

export function decideSwap(state: SwapState, event: SwapEvent): Decision {
  const { swap } = state;
  switch (event.type) {
    case 'begin':
      return swap ? { state, effects: NONE } : begin(state, event);
    case 'booting': {
      if (!swap || swap.told.includes(event.serial)) return { state, effects: NONE };
      const { revision } = swap;
      return {
        state: { ...state, swap: { ...swap, told: [...swap.told, event.serial] } },
        effects: [{ do: 'prepare', serial: event.serial, revision }],
      };
    }
    case 'held':
      return swap?.revision === event.revision
        ? without(state, swap, event.serial)
        : { state, effects: NONE };
    case 'failed':
      return failed(state, event);
    case 'gone': {
      if (!swap) return { state, effects: NONE };
      const told = swap.told.filter((serial) => serial !== event.serial);
      return without(state, { ...swap, told }, event.serial);
    }
    case 'expired':
      return swap ? commit(state, swap) : { state, effects: NONE };
  }
}

function begin(
  state: SwapState,
  { revision, serving, others }: Extract<SwapEvent, { type: 'begin' }>,
): Decision {
  const told = [...serving, ...others];
  const swap = { revision, waiting: serving, told };
  const prepare = told.map((serial): SwapEffect => ({ do: 'prepare', serial, revision }));
  if (serving.length > 0) return { state: { ...state, swap }, effects: [...prepare, { do: 'set-timer' }] };
  const { state: next, effects } = commit(state, swap);
  return { state: next, effects: [...prepare, ...effects] };
}

/** Goes on without the answer of that worker. */
function without(state: SwapState, swap: Swap, serial: number): Decision {
  const next = { ...swap, waiting: swap.waiting.filter((one) => one !== serial) };
  // A worker that boots answers too, and nobody waits for it.
  if (next.waiting.length > 0) return { state: { ...state, swap: next }, effects: NONE };
  return commit(state, next);
}

function commit(state: SwapState, { revision, waiting, told }: Swap): Decision {
  return {
    state: { ...state, serving: revision, swap: undefined },
    effects: [
      { do: 'clear-timer' },
      ...told.map((serial): SwapEffect => ({ do: 'end', serial, revision, use: true })),
      { do: 'swapped', revision, silent: waiting },
    ],
  };
}

function failed(
  state: SwapState,
  { serial, revision, reason }: Extract<SwapEvent, { type: 'failed' }>,
): Decision {
  const { swap, serving } = state;
  if (swap?.revision === revision) {
    const ends = swap.told.map((one): SwapEffect => ({ do: 'end', serial: one, revision, use: false }));
    return {
      state: { ...state, swap: undefined },
      effects: [{ do: 'clear-timer' }, ...ends, { do: 'refused', revision, serial, reason }],
    };
  }
  // One that was not waited for.
  return { state, effects: serving === revision ? [{ do: 'replace', serial, reason }] : NONE };
}
