/** The answer of `tshorn releases`: every release that can be served again, and the last ones that cannot. */
import type { State } from './decide/model.ts';
import type { PastReload } from './live/past-reloads.ts';
import { goneOf, type Release, whyLost } from './release.ts';

export interface ReleaseStatus extends PastReload {
  /** Real path of the app; absent where that is not known any more. */
  readonly app?: string;
  /**
   * `serves`; `previous`: a rollback that names none brings it; `kept`: one that names it does; `gone`: its files are gone, or
   * have been overwritten; `none`: it has never served, or no rollback reaches back so far.
   */
  readonly state: 'serves' | 'previous' | 'kept' | 'gone' | 'none';
  /** For `gone`: what has become of its files; for `serves`: what is gone of them. */
  readonly gone?: string;
}

/** The newest first. A release that several generations have had stands where it was committed last. */
export function releaseList(
  { releases }: Pick<State, 'releases'>,
  history: readonly PastReload[],
  releaseAt: (generation: number) => Release | undefined,
): ReleaseStatus[] {
  const known = releases.map(({ generation }) => releaseAt(generation));
  const placeOf = (of: number) => releases.findIndex(({ generation }) => generation === of);
  return history
    .filter(({ generation, outcome }) => outcome !== 'committed' || placeOf(generation) !== -1)
    .map((entry): ReleaseStatus => {
      const place = placeOf(entry.generation);
      if (place === -1) return { ...entry, state: 'none' };
      const release = releaseAt(entry.generation);
      const app = release && { app: release.appFile };
      if (place === 0) return { ...entry, ...app, state: 'serves', ...goneWhileItServes(release) };
      const gone = release && whyGone(release, known);
      if (gone !== undefined) return { ...entry, ...app, state: 'gone', gone };
      return { ...entry, ...app, state: place === 1 ? 'previous' : 'kept' };
    })
    .reverse();
}

/** Its workers go on, but none can be started again: that is seen before the next crash. */
function goneWhileItServes(release: Release | undefined): { readonly gone?: string } {
  const missing = release && goneOf(release);
  return missing === undefined ? {} : { gone: `${missing} is gone: no worker of it can be started again` };
}

/** @param others the other releases that are known */
export function whyGone(release: Release, others: Iterable<Release | undefined>): string | undefined {
  const missing = goneOf(release);
  return missing === undefined ? whyLost(release, others) : `${missing} is gone`;
}
