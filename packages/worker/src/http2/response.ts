/**
 * Has a real http.ServerResponse send frames. Its public methods stay Node's, or whatever the app and its framework have put
 * in their place; four of those through which they all write to the connection are replaced on the object itself, where
 * no prototype that a framework sets hides them (Express sets one).
 *
 * Looks inside Node: `_storeHeader`, `_send`, `_writeRaw` and `_finish` (lib/_http_outgoing.js, the same in Node 20, 22, 24
 * and 26), the map of headers under `Symbol(kOutHeaders)`, and `Symbol(kNeedDrain)`. `canAnswer` checks them.
 */
import http, { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { tellFirstByte } from '../transport/first-byte.ts';
import { isOfConnection } from './head.ts';
import type { Answering } from './parts.ts';

type Callback = (error?: Error) => void;

interface Internals {
  _storeHeader(firstLine: string, headers: unknown): void;
  _send(data: string | Uint8Array, encoding: unknown, callback: unknown): boolean;
  _writeRaw(data: string, encoding: unknown, callback: unknown): boolean;
  _finish(): void;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _trailer: string;
  _closed: boolean;
  destroyed: boolean;
}

const STREAM = Symbol('tshorn.stream');
type Response = ServerResponse & Internals & { [STREAM]: Answering } & Record<symbol, unknown>;

const sample = new http.ServerResponse(new http.IncomingMessage(undefined as never)) as Response;
const symbolNamed = (name: string) =>
  Object.getOwnPropertySymbols(sample).find(({ description }) => description === name) ?? Symbol(name);
const OUT_HEADERS = symbolNamed('kOutHeaders');
const NEED_DRAIN = symbolNamed('kNeedDrain');

/** True when this Node's responses are as this file expects. */
export const canAnswer = (): boolean =>
  (['_storeHeader', '_send', '_writeRaw', '_finish'] as const).every(
    (name) => typeof sample[name] === 'function',
  ) &&
  sample[OUT_HEADERS] === null &&
  sample[NEED_DRAIN] === false &&
  '_hasBody' in sample &&
  '_contentLength' in sample;

/** To be called before the app has the response. */
export function sendBy(response: ServerResponse, stream: Answering): void {
  const own = response as Response;
  own[STREAM] = stream;
  own._storeHeader = storeHeader;
  own._send = send;
  own._writeRaw = writeInterim;
  own._finish = finish;
}

/** The text that a head of HTTP/1 would have, as far as anybody reads it: the status stands at the same place. */
const HEAD = 'HTTP/2.0 ';

function storeHeader(this: Response, _firstLine: string, headers: unknown): void {
  const fields: string[] = [':status', String(this.statusCode)];
  const seen = { date: false, length: -1, trailer: false };
  if (headers === this[OUT_HEADERS]) {
    const kept = headers as Record<string, [string, unknown]> | null;
    for (const name in kept) addField(fields, seen, name, (kept[name] as [string, unknown])[1]);
  } else if (Array.isArray(headers)) {
    const isFlat = !Array.isArray(headers[0]);
    for (let at = 0; at < headers.length; at += isFlat ? 2 : 1) {
      const [name, value] = isFlat ? [headers[at], headers[at + 1]] : headers[at];
      addGiven(fields, seen, name, value);
    }
  } else if (headers) {
    for (const name of Object.keys(headers)) {
      addGiven(fields, seen, name, (headers as Record<string, unknown>)[name]);
    }
  }
  if (this.sendDate && !seen.date) fields.push('date', dateNow());
  const { _contentLength: length } = this;
  if (seen.length >= 0) this._contentLength = seen.length;
  else if (this._hasBody && !seen.trailer && !this._removedContLen && typeof length === 'number') {
    fields.push('content-length', String(length));
  }
  this.chunkedEncoding = false;
  this._header = HEAD + this.statusCode;
  this._headerSent = false;
  this[STREAM].responds(fields, this._hasBody ? seen.length : -1);
}

type Seen = { date: boolean; length: number; trailer: boolean };

function addGiven(fields: string[], seen: Seen, name: string, value: unknown): void {
  validateHeaderName(name);
  for (const each of Array.isArray(value) ? value : [value]) validateHeaderValue(name, each);
  addField(fields, seen, name.toLowerCase(), value);
}

function addField(fields: string[], seen: Seen, name: string, value: unknown): void {
  if (isOfConnection(name)) return;
  if (name === 'date') seen.date = true;
  else if (name === 'trailer') seen.trailer = true;
  else if (name === 'content-length') seen.length = Number(value);
  if (Array.isArray(value)) for (const each of value) fields.push(name, String(each));
  else fields.push(name, typeof value === 'string' ? value : String(value));
}

function send(this: Response, data: string | Uint8Array, encoding: unknown, callback: unknown): boolean {
  const stream = this[STREAM];
  if (stream.socket.destroyed) return false;
  if (!this._headerSent && this._header !== null) {
    tellFirstByte(this);
    this._headerSent = true;
    stream.sendHead(this._header.length);
  }
  const [how, done] = typeof encoding === 'function' ? [undefined, encoding] : [encoding, callback];
  return stream.write(
    data,
    how as BufferEncoding | undefined,
    typeof done === 'function' ? (done as Callback) : undefined,
  );
}

/** `100 Continue`, `103 Early Hints` and their like: everything else goes by `_send`. */
function writeInterim(this: Response, text: string, encoding: unknown, callback: unknown): boolean {
  const stream = this[STREAM];
  if (stream.socket.destroyed) return false;
  const [status = '', ...lines] = text.split('\r\n');
  const fields = [':status', status.split(' ')[1] ?? '100'];
  for (const [name, value] of lines.map(fieldOf))
    if (name !== '' && !isOfConnection(name)) fields.push(name, value);
  stream.sendInterim(fields);
  const done = typeof encoding === 'function' ? encoding : callback;
  if (typeof done === 'function') process.nextTick(done as Callback);
  return true;
}

/** The whole response has been given. */
function finish(this: Response): void {
  this.emit('prefinish');
  const trailers = this._trailer === '' ? undefined : this._trailer.split('\r\n').flatMap(fieldOf);
  this[STREAM].endResponse(trailers?.filter((text) => text !== ''));
}

/** Empty for a line that is none. */
function fieldOf(line: string): [name: string, value: string] {
  const at = line.indexOf(': ');
  return at < 0 ? ['', ''] : [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
}

/** There is room for more of the response (socketOnDrain in lib/_http_server.js). */
export function tellDrained(response: ServerResponse): void {
  if (!response.writableNeedDrain) return;
  (response as Response)[NEED_DRAIN] = false;
  response.emit('drain');
}

/** The response is over, whole or not (emitCloseNT in lib/_http_server.js). */
export function tellClosed(response: ServerResponse): void {
  const own = response as Response;
  if (own._closed) return;
  own.destroyed = true;
  own._closed = true;
  own.emit('close');
}

let date = '';
let dateUntil = 0;

/** The same text for a second. */
function dateNow(): string {
  const now = Date.now();
  if (now >= dateUntil) {
    date = new Date(now).toUTCString();
    dateUntil = now - (now % 1_000) + 1_000;
  }
  return date;
}
