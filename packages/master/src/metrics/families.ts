/**
 * Makes metrics of what the master knows: the counts of the workers, its own, and its status. Names are those of
 * OpenTelemetry's semantic conventions in the spelling of Prometheus, and `tshorn_*` for what those do not name.
 * Pure.
 */
import type { Facts } from './facts.ts';
import type { Family } from './family.ts';
import { httpFamilies } from './http-families.ts';
import { runtimeFamilies } from './runtime-families.ts';
import { serverFamilies } from './server-families.ts';

export const familiesOf = (facts: Facts): Family[] => [
  ...httpFamilies(facts.slots),
  ...runtimeFamilies(facts),
  ...serverFamilies(facts),
];
