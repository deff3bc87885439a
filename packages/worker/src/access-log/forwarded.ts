/**
 * The addresses that proxies say a request has come through, the nearest first: of `X-Forwarded-For`, and of `Forwarded`
 * (RFC 7239). Both are read from their end, where the nearest proxy has written; what stands before may be forged.
 */
import { isIP } from 'node:net';

/** More hops than any request has. */
const MOST_HOPS = 32;
/** Only this much of the end of a header is read. */
const MOST_CHARACTERS = 4_096;

/** RFC 7239, section 6.3: a proxy hides an address behind a name of its own. */
const OBFUSCATED = /^_[\w.-]{1,64}$/;

/**
 * @returns the address of a node without its port, or the name that hides it; undefined for what is neither, such as
 * `unknown`
 */
export function nodeOf(text: string): string | undefined {
  const [, bracketed, plain = bracketed] =
    /^(?:\[([^\]]+)\](?::\w+)?|([^:]*)(?::[\w.-]*)?)$/.exec(text) ?? [];
  // A whole IPv6 address, which `X-Forwarded-For` has without brackets.
  const address = plain ?? text;
  if (isIP(address) !== 0 && !address.includes('%')) return address;
  return OBFUSCATED.test(address) ? address : undefined;
}

const endOf = (header: string): { text: string; isCut: boolean } =>
  header.length > MOST_CHARACTERS
    ? { text: header.slice(-MOST_CHARACTERS), isCut: true }
    : { text: header, isCut: false };

/** Of `X-Forwarded-For: client, proxy, proxy`. */
export function* hopsOfForwardedFor(header: string): Generator<string | undefined> {
  const { text, isCut } = endOf(header);
  const items = text.split(',').slice(isCut ? 1 : 0);
  for (const item of items.reverse().slice(0, MOST_HOPS)) yield nodeOf(item.trim());
}

/** One `name=value` of an element, or what separates two; quoted strings may hold commas and semicolons. */
const PART = /\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))\s*(?:([;,])|$)|\s*,/gy;

/** Of `Forwarded: for=192.0.2.60;proto=http, for="[2001:db8::17]:4711"`. */
export function* hopsOfForwarded(header: string): Generator<string | undefined> {
  // Cut in the middle of a quoted string, it would be read wrongly.
  if (header.length > MOST_CHARACTERS) return;
  const hops: (string | undefined)[] = [];
  let hop: string | undefined;
  let at = 0;
  for (const match of header.matchAll(PART)) {
    const [part, name, quoted, token, separator = part.trim() === ',' ? ',' : ''] = match;
    at += part.length;
    if (name?.toLowerCase() === 'for') hop = nodeOf(quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
    if (separator !== ';') {
      hops.push(hop);
      hop = undefined;
    }
  }
  // It ends in a semicolon.
  if (hop !== undefined) hops.push(hop);
  // What does not read to its end says nothing.
  if (at < header.length) return;
  yield* hops.reverse().slice(0, MOST_HOPS);
}
