import { closest, distance } from 'fastest-levenshtein';

/** Returns the name that was probably meant, or undefined when none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const found = closest(name, names);
  // Of a word of three letters every other one is near by two.
  const most = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(name, found) <= most ? found : undefined;
}

/** `; did you mean --workers?`, or nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
