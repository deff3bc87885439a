import { duration, oneOf, wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const canary = section('Canary', {
  canaryTime: {
    kind: duration('above zero'),
    default: 30_000,
    summary: 'How long the canary is compared with the old workers under real traffic',
    details:
      'A worse canary is rejected as soon as the evidence is there; a good one is compared for the whole time.',
    reloadable: true,
  },
  canaryRequests: {
    kind: wholeNumber(0),
    default: 0,
    summary: 'How many requests let a canary pass before its time is over; 0: by time alone',
    details: 'A canary that has answered fewer is judged when its time is over.',
    reloadable: true,
  },
  canaryInconclusive: {
    kind: oneOf('pass', 'fail'),
    default: 'pass',
    summary: 'The verdict on a canary that had too little traffic to judge',
    reloadable: true,
  },
});
