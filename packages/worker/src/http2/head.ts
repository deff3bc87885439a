/** The fields of a request, and what makes them malformed (RFC 9113, sections 8.2, 8.3 and 8.5). */

export interface Head {
  readonly method: string;
  readonly scheme: string;
  /** `req.url`. */
  readonly path: string;
  /** Names and values in turn, as `req.rawHeaders`: without pseudo fields, with `host`. */
  readonly rawHeaders: string[];
  /** -1 without the field. */
  readonly contentLength: number;
  readonly expects: string | undefined;
}

/** A request or trailers that end with a stream error of type PROTOCOL_ERROR (section 8.1.1). */
export class Malformed extends Error {}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** As Node's parser of HTTP/1 has it: neither a space nor a control character. */
const PATH = /^[^\0-\x20\x7f]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;
const AUTHORITY = /^[^\0-\x20\x7f@/?#]*$/;
const DIGITS = /^\d{1,15}$/;

/** Names that have been found to be good: an app's clients have few. */
const goodNames = new Set<string>();
const MOST_NAMES = 1_000;

function checkField(name: string, value: string): void {
  if (!goodNames.has(name)) {
    if (!TOKEN.test(name))
      throw new Malformed(`a field name that is none: ${JSON.stringify(name.slice(0, 40))}`);
    if (isOfConnection(name)) throw new Malformed(`the field ${name}, which HTTP/2 does not have`);
    if (goodNames.size < MOST_NAMES) goodNames.add(name);
  }
  if (BAD_VALUE.test(value)) throw new Malformed(`the value of ${name} has a character that is none`);
  if (name === 'te' && value !== 'trailers') throw new Malformed('te other than trailers');
}

/** Fields that belong to one connection: HTTP/2 has none of them (section 8.2.2). */
export const isOfConnection = (name: string): boolean =>
  name === 'connection' ||
  name === 'transfer-encoding' ||
  name === 'keep-alive' ||
  name === 'upgrade' ||
  name === 'proxy-connection' ||
  name === 'http2-settings';

/** @throws Malformed */
export function readHead(fields: readonly string[]): Head {
  let method: string | undefined;
  let scheme: string | undefined;
  let path: string | undefined;
  let authority: string | undefined;
  let at = 0;
  for (; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (name.charCodeAt(0) !== 58) break;
    const value = fields[at + 1] as string;
    if (name === ':method' && method === undefined) method = value;
    else if (name === ':path' && path === undefined) path = value;
    else if (name === ':scheme' && scheme === undefined) scheme = value;
    else if (name === ':authority' && authority === undefined) authority = value;
    else throw new Malformed(`the pseudo field ${name}, once too often or unknown`);
  }
  if (method === undefined || !METHOD.test(method)) throw new Malformed('no :method');
  if (authority !== undefined && !AUTHORITY.test(authority)) throw new Malformed(':authority is none');
  if (method === 'CONNECT') {
    if (scheme !== undefined || path !== undefined || !authority) throw new Malformed('CONNECT with a path');
    path = authority;
    scheme = '';
  }
  if (scheme === undefined) throw new Malformed('no :scheme');
  if (path === undefined || !isPath(path, method)) throw new Malformed('no :path');
  const rawHeaders: string[] = authority === undefined ? [] : ['host', authority];
  let contentLength = -1;
  let expects: string | undefined;
  for (; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    checkField(name, value);
    if (name === 'content-length') {
      if (!DIGITS.test(value) || (contentLength >= 0 && contentLength !== Number(value))) {
        throw new Malformed('a content-length that is none');
      }
      contentLength = Number(value);
    } else if (name === 'expect') expects = value;
    else if (name === 'host') {
      // Two names for one host lead proxies and apps to different ones (section 8.3.1).
      if (authority !== undefined && authority !== value) throw new Malformed('host differs from :authority');
      if (authority === value) continue;
      authority = value;
    }
    rawHeaders.push(name, value);
  }
  return { method, scheme, path, rawHeaders, contentLength, expects };
}

function isPath(path: string, method: string): boolean {
  if (method === 'CONNECT') return true;
  if (path === '*') return method === 'OPTIONS';
  return path.charCodeAt(0) === 47 && PATH.test(path);
}

/** @throws Malformed */
export function checkTrailers(fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) checkField(fields[at] as string, fields[at + 1] as string);
}
