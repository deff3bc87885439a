/** All checks, in the order of the report. */
import type { Check } from '../check.ts';
import { APP_CHECKS } from './app.ts';
import { CERTIFICATE_CHECKS } from './certificates.ts';
import { CONFIGURATION_CHECKS } from './configuration.ts';
import { MACHINE_CHECKS } from './machine.ts';
import { RELEASE_CHECKS } from './release.ts';
import { RESOURCE_CHECKS } from './resources.ts';
import { SURROUNDINGS_CHECKS } from './surroundings.ts';

export const CHECKS: readonly Check[] = [
  ...APP_CHECKS,
  ...CONFIGURATION_CHECKS,
  ...CERTIFICATE_CHECKS,
  ...RESOURCE_CHECKS,
  ...RELEASE_CHECKS,
  ...SURROUNDINGS_CHECKS,
  ...MACHINE_CHECKS,
];
