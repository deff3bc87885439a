/** The master, as its admin listener sees it: nothing here changes anything. */
import type { Controlled } from '../control/controlled.ts';
import type { Readiness } from './readiness.ts';

export interface Administered extends Pick<Controlled, 'observed' | 'status' | 'on' | 'off'> {
  readiness(): Readiness;
  /** Undefined while there is no control socket. */
  controlPath(): string | undefined;
}
