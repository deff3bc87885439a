/** The parts of a request's target (RFC 9112, section 3.2). */

const SLASH = 0x2f;
const QUERY = 0x3f;
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^/?]*/i;

/** The target as a path and a query, also where it came as a whole URL (`GET http://example.com/a HTTP/1.1`). */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === SLASH) return target;
  const origin = ORIGIN.exec(target)?.[0];
  if (origin === undefined) return target;
  const rest = target.slice(origin.length);
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
}

/** @returns whether a target asks for one of these paths, with any query */
export function asksFor(paths: readonly string[], target: string): boolean {
  if (paths.length === 0) return false;
  const asked = originForm(target);
  for (const path of paths) {
    if (!asked.startsWith(path)) continue;
    if (asked.length === path.length || asked.charCodeAt(path.length) === QUERY) return true;
  }
  return false;
}
