/** The view that the admin listener has of its master: nothing here changes anything. */
import type { Controlled } from '../control/controlled.ts';
import type { Readiness } from './readiness.ts';

export interface Administered {
  readonly master: Pick<Controlled, 'observed' | 'status'>;
  /** Cheaper than the status: probes may come often. */
  readiness(): Readiness;
  /** Undefined while there is no control socket. */
  controlPath(): string | undefined;
}
