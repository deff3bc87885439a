/** The releases that can be served again, and which of them a rollback on demand brings. Pure. */
import type { KeptRelease, Running, State } from './model.ts';

/** The release that serves and those before it, that are kept. */
const MOST_RELEASES = 10;

/** By the generation that served it last, or for which it was made. */
export const releaseOf = (
  { releases }: Pick<State, 'releases'>,
  generation: number,
): KeptRelease | undefined =>
  releases.find((kept) => kept.generation === generation) ??
  releases.find(({ origin }) => origin === generation);

/** The release has just been committed. In watch mode the files have only the newest. */
export function keepRelease(state: State, { generation, release, operation }: Running): void {
  const [before] = state.releases;
  if (before && 'backTo' in operation) state.replaced = { release: before, by: operation.by };
  else delete state.replaced;
  const serving = release ?? { generation, origin: generation };
  const others = state.releases.filter(({ origin }) => origin !== serving.origin);
  state.releases = state.settings.watch ? [serving] : [serving, ...others].slice(0, MOST_RELEASES);
}

/** `v2 (gen=3)`, `gen=3`. */
export const describeRelease = ({
  generation,
  name,
}: {
  readonly generation: number;
  readonly name?: string | undefined;
}): string => (name === undefined ? `gen=${generation}` : `${name} (gen=${generation})`);

/** Says so where a reload brings the very release that a rollback has replaced; undefined where it does not. */
export function bringsBack(
  { replaced }: State,
  { generation, release, operation }: Running,
): string | undefined {
  if (!replaced || !release || 'backTo' in operation) return undefined;
  const { release: bad, by } = replaced;
  if (release.origin !== bad.origin && (bad.name === undefined || bad.name !== release.name))
    return undefined;
  return `reload to gen=${generation} brings ${describeRelease(bad)} again, which ${by} has replaced by an older release`;
}

/**
 * Finds the release that a rollback brings: the named one, else the one that served before. A name stands before a
 * generation of the same digits.
 * @param wanted the name of a release, or a generation as `3` or `gen=3`
 * @param isGone true for a generation whose code is not there any more: it is found, and not offered
 * @returns its generation, or the reason why there is none, as a sentence
 */
export function findRelease(
  state: State,
  wanted: string | undefined,
  isGone: (generation: number) => boolean = () => false,
): number | { readonly refusal: string } {
  const { settings, releases, running, queue } = state;
  if (settings.watch) {
    return {
      refusal:
        'there is no rollback in watch mode: the files have the newest code alone; undo the change there',
    };
  }
  const [serving, ...others] = releases as [KeptRelease, ...KeptRelease[]];
  const isReload = running?.operation.kind === 'reload' && !running.committed;
  const underWay = isReload || queue.some(({ kind }) => kind === 'reload');
  const abort = 'a reload is under way: `tshorn reload --abort` rolls it back';
  if (wanted === undefined) {
    // The release before it is another one, whether it commits or not.
    if (underWay)
      return { refusal: `${abort}; to go further back, name a release: \`tshorn releases\` lists them` };
    const [previous] = others;
    if (previous) return previous.generation;
    return {
      refusal: `there is no release to go back to: since its start this master has served ${describeRelease(serving)} alone; deploy the old code again, and reload`,
    };
  }
  const named = ({ name }: KeptRelease) => name === wanted;
  const [, digits] = /^(?:gen=)?(\d{1,15})$/.exec(wanted) ?? [];
  const found = others.find(named) ?? (named(serving) ? serving : releaseOf(state, Number(digits)));
  if (!found) {
    const there = others.filter(({ generation }) => !isGone(generation)).slice(0, 5);
    const list =
      there.length === 0 ? 'there is no other' : `there are ${there.map(describeRelease).join(', ')}`;
    const refusal = `there is no release "${wanted}" that can be served again; ${list}, and ${describeRelease(serving)} serves`;
    return { refusal };
  }
  if (found !== serving) return found.generation;
  return { refusal: `${describeRelease(serving)} serves already${underWay ? `, and ${abort}` : ''}` };
}
