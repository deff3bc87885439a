/** The boot order as the worker reads it. */
import type { WorkerOptions } from '@tshorn/config';
import type { BootOrder } from '@tshorn/core';

/** `options` has a value for every row that is marked `worker` in packages/config/src/sections. */
export type Order = Omit<BootOrder, 'options' | 'given'> & {
  readonly options: WorkerOptions;
  /** Which of the options somebody gave; the others have their defaults. */
  readonly given: ReadonlySet<keyof WorkerOptions>;
};

/** The values need no second check: their rows have checked them in the master, which is of the same version. */
export const readOrder = ({ options, given, ...order }: BootOrder): Order => ({
  ...order,
  options: options as unknown as WorkerOptions,
  given: new Set(given as readonly (keyof WorkerOptions)[]),
});
