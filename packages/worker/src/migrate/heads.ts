/** The heads of requests, and their headers. */

/** The head of the request that a connection began with, unchanged. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** A header of a request or a response by its lower-case name; empty when there is none. */
export function headerOf({ rawHeaders }: { readonly rawHeaders: readonly string[] }, name: string): string {
  const at = rawHeaders.findIndex((header, place) => place % 2 === 0 && header.toLowerCase() === name);
  return (at >= 0 && rawHeaders[at + 1]) || '';
}

/** A copy without the headers of these lower-case names. */
export const headersBut = (rawHeaders: readonly string[], but: ReadonlySet<string>): string[] =>
  rawHeaders.filter((_, at) => !but.has(rawHeaders[at - (at % 2)]?.toLowerCase() ?? ''));
