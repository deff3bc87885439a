/**
 * A reload, a recycle or a change of size as data: a list of steps that the master carries out in order.
 * Pure: who carries them out, and what happens when one fails, is operations.ts.
 */
export type Step =
  /** Start a worker of this generation for the slot, beside whoever serves it now. */
  | { readonly do: 'spawn'; readonly slot: number; readonly generation: number }
  /** Go on when that worker is in service. */
  | { readonly do: 'await-ready'; readonly slot: number }
  /** Drain everyone older in the slot, and go on when they are gone. */
  | { readonly do: 'drain'; readonly slot: number }
  /** From here on this many slots are looked after. */
  | { readonly do: 'resize'; readonly to: number };

export type Plan = readonly Step[];

/** Start-first replacement of one slot: capacity never falls below what it was. */
export const replaceSlot = (slot: number, generation: number): Plan => [
  { do: 'spawn', slot, generation },
  { do: 'await-ready', slot },
  { do: 'drain', slot },
];

/** From `from` slots to `to`: each new one is in service before it counts; each old one drains. */
export function resize(from: number, to: number, generation: number): Plan {
  const steps: Step[] = [];
  for (let slot = from; slot < to; slot++) {
    steps.push(
      { do: 'spawn', slot, generation },
      { do: 'await-ready', slot },
      { do: 'resize', to: slot + 1 },
    );
  }
  for (let slot = from - 1; slot >= to; slot--) {
    steps.push({ do: 'resize', to: slot }, { do: 'drain', slot });
  }
  return steps;
}

/** The `rolling` reload: one slot at a time, then the change of size if the new config asks for one. */
export function rolling(size: number, target: number, generation: number): Plan {
  const kept = Math.min(size, target);
  const replaced = Array.from({ length: kept }, (_, slot) => replaceSlot(slot, generation)).flat();
  return [...replaced, ...resize(size, target, generation)];
}
