import { closest, distance } from 'fastest-levenshtein';

/** Returns the name that was probably meant, or undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const small = name.toLowerCase();
  const begun =
    small.replace(/^-+/, '').length < 3 ? [] : names.filter((each) => each.toLowerCase().startsWith(small));
  if (begun.length === 1) return begun[0];
  const found = begun.find((each) => each.toLowerCase() === small) ?? closest(name, names);
  // Two letters make any word of three letters into any other one.
  const most = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(name, found) <= most ? found : undefined;
}

/** `; did you mean --workers?`, or nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
