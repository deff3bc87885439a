import { RELOAD_PLANS } from '@tshorn/core';
import { duration, oneOf, orNone, share, shareOrAuto, yesNo } from '../kinds.ts';
import { section } from '../row.ts';

export const reload = section('Reload', {
  reloadPlan: {
    kind: oneOf(...RELOAD_PLANS),
    default: 'rolling',
    summary: 'How a reload replaces the workers',
    details:
      'rolling: some at a time, new ones first. canary: one first, compared with the old ones under real traffic, then the rest. overlap: all new ones boot, then all switch. replace: some at a time, old ones leave first.',
    reloadable: true,
  },
  maxSurge: {
    kind: orNone(shareOrAuto, undefined),
    default: { compute: () => undefined, inWords: 'by the plan' },
    summary: 'How many workers beyond the usual number may run during a reload',
    details:
      'By default it is 1 for rolling, the number of CPUs for canary and all for overlap; replace has none. A percentage is rounded up. auto: what the free CPUs and the memory have room for ([the rule](reload.md#how-many-at-a-time)).',
    reloadable: true,
  },
  maxUnavailable: {
    kind: share,
    default: { count: 0 },
    summary: 'How many workers of the usual number may be missing during a reload',
    details: 'A percentage is rounded down. replace removes at least one at a time.',
    reloadable: true,
  },
  park: {
    kind: yesNo,
    default: true,
    summary: 'Keep drained workers until the reload commits, to serve again after a rollback',
    details:
      'Parked workers hold their memory. Without them a rollback starts new workers of the old release.',
    reloadable: true,
  },
  soak: {
    kind: duration(),
    default: 1000,
    watchDefault: 0,
    summary: 'How long the last new worker must serve before the reload commits',
    details: 'If a new worker crashes within this time, the reload is rolled back.',
    reloadable: true,
  },
});
