/** The formats of text: `common`, `combined` and templates. core/src/access-format.ts reads a template. */
import {
  ACCESS_TEMPLATES,
  type AccessField,
  type AtomLetter,
  type Piece,
  parseAccessFormat,
} from '@tshorn/core';
import { sentHead } from '../transport/http1-internals.ts';
import { Clock, formatMicros } from './clock.ts';
import { escapeText } from './escape.ts';
import type { Format, Line, Writer } from './line.ts';

type Part = (line: Line) => string;

/** `-` stands for what is not there. */
const orDash = (text: string | undefined): string => (text ? escapeText(text) : '-');

const queryAt = ({ target }: Line): number => target.indexOf('?');

function userOf({ headers: { authorization } }: Line): string {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return '-';
  const [user] = Buffer.from(encoded, 'base64').toString('latin1').split(':', 1);
  return orDash(user);
}

function sentHeader({ response }: Line, name: string): string | undefined {
  if (!response) return undefined;
  const { rawHeaders } = sentHead(response);
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : rawHeaders[at + 1];
}

const joined = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

const atoms = (clock: Clock, pid: number): Readonly<Record<AtomLetter, Part>> => ({
  h: ({ client }) => client,
  l: () => '-',
  u: userOf,
  t: ({ now }) => `[${clock.common(now)}]`,
  r: ({ method, target, version }) => `${escapeText(method)} ${escapeText(target)} HTTP/${version}`,
  m: ({ method }) => escapeText(method),
  U: (line) => {
    const at = queryAt(line);
    return escapeText(at < 0 ? line.target : line.target.slice(0, at));
  },
  q: (line) => {
    const at = queryAt(line);
    return at < 0 ? '' : escapeText(line.target.slice(at + 1));
  },
  H: ({ version }) => `HTTP/${version}`,
  s: ({ status }) => `${status}`,
  B: ({ bytes }) => `${bytes}`,
  b: ({ bytes }) => (bytes === 0 ? '-' : `${bytes}`),
  f: ({ headers }) => orDash(headers.referer),
  a: ({ headers }) => orDash(headers['user-agent']),
  T: ({ durationMs }) => `${Math.trunc(durationMs / 1_000)}`,
  D: ({ durationMs }) => `${Math.round(durationMs * 1_000)}`,
  M: ({ durationMs }) => `${Math.trunc(durationMs)}`,
  L: ({ durationMs }) => (durationMs / 1_000).toFixed(6),
  p: () => `<${pid}>`,
});

const fields = (clock: Clock, writer: Writer): Readonly<Record<AccessField, Part>> => ({
  time: ({ now }) => clock.iso(now),
  slot: () => `${writer.slot}`,
  generation: () => `${writer.generation}`,
  release: () => orDash(writer.release),
  pid: () => `${writer.pid}`,
  id: ({ id }) => id,
  trace: ({ trace }) => trace ?? '-',
  client: ({ client }) => client,
  method: ({ method }) => escapeText(method),
  target: ({ target }) => escapeText(target),
  protocol: ({ version }) => `HTTP/${version}`,
  status: ({ status }) => `${status}`,
  bytes: ({ bytes }) => `${bytes}`,
  durationMs: ({ durationMs }) => formatMicros(durationMs),
  firstByteMs: ({ firstByteMs }) => (firstByteMs === undefined ? '-' : formatMicros(firstByteMs)),
  userAgent: ({ headers }) => orDash(headers['user-agent']),
  referer: ({ headers }) => orDash(headers.referer),
  moved: ({ moved }) => (moved ? 'moved' : '-'),
  closed: ({ closed }) => closed ?? '-',
});

/** @param template the name of one, or its text */
export function templateFormat(
  template: string,
  writer: Writer,
  environment: Readonly<Record<string, string | undefined>>,
): Format {
  const clock = new Clock();
  const [ofLetter, ofField] = [atoms(clock, writer.pid), fields(clock, writer)];
  const partOf = (piece: Exclude<Piece, string>): string | Part => {
    switch (piece.atom) {
      case 'e':
        return orDash(environment[piece.name]);
      case 'i':
        return ({ headers }) => orDash(joined(headers[piece.name]));
      case 'o':
        return (line) => orDash(sentHeader(line, piece.name));
      case 'x':
        return ofField[piece.name];
      default:
        return ofLetter[piece.atom];
    }
  };
  const pieces = parseAccessFormat(templateOf(template)).map((piece) =>
    typeof piece === 'string' ? escapeControl(piece) : partOf(piece),
  );
  return (line) => {
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(line);
    return `${text}\n`;
  };
}

const templateOf = (template: string): string =>
  Object.hasOwn(ACCESS_TEMPLATES, template)
    ? ACCESS_TEMPLATES[template as keyof typeof ACCESS_TEMPLATES]
    : template;

/** A template with a line break would make two lines of each request; and the file is ASCII. */
const escapeControl = (text: string): string => text.replace(/(?!\t)\p{Cc}|[^\p{ASCII}]/gu, ' ');

/** True for a format that tells when a response began. */
export const wantsFirstByte = (format: string): boolean =>
  format === 'json' || format.includes('%({firstByteMs}x)s');
