import { duration, oneOf, wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const canary = section('Canary', {
  canaryTime: {
    kind: duration('above zero'),
    default: 30_000,
    summary: 'How long the first new worker is compared with the old ones under real traffic',
    details:
      'A worse one is found out as soon as the evidence is there; this is how long a good one is looked at.',
    reloadable: true,
  },
  canaryRequests: {
    kind: wholeNumber(0),
    default: 0,
    summary: 'How many requests the canary has to answer to pass before its time is over',
    details:
      '0 is by time alone. A canary that has not answered so many when its time is over is judged then.',
    reloadable: true,
  },
  canaryInconclusive: {
    kind: oneOf('pass', 'fail'),
    default: 'pass',
    summary: 'What a canary with too little traffic for a verdict counts as',
    reloadable: true,
  },
});
