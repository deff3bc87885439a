/** The formats of text: `common`, `combined` and templates. core/src/access-format.ts reads a template. */
import {
  ACCESS_TEMPLATES,
  type AccessField,
  type AtomLetter,
  type Piece,
  parseAccessFormat,
} from '@tshorn/core';
import { sentHead } from '../transport/http1-internals.ts';
import { Clock } from './clock.ts';
import { escapeText, Repeated, writeText } from './escape.ts';
import type { Format, Line, Writer } from './line.ts';
import { type Ascii, ascii, type Out } from './out.ts';
import { originForm } from './target.ts';

/** A text that is the same in every line, or what writes one. */
type Part = string | ((line: Line, out: Out) => void);

/** `-` stands for what is not there. */
function orDash(out: Out, text: string | undefined): void {
  if (text) writeText(out, text);
  else out.ascii('-');
}

/** A header whose text often comes again. */
function repeated(name: 'user-agent' | 'referer'): Part {
  const texts = new Repeated(writeText);
  return ({ headers }, out) => {
    const text = headers[name];
    if (text) texts.write(out, text);
    else out.ascii('-');
  };
}

/** The path and the query of the request; the query is undefined where there is none. */
function parts({ target }: Line): [string, string | undefined] {
  const text = originForm(target);
  const at = text.indexOf('?');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const USUAL_PROTOCOL = ascii('HTTP/1.1');

function protocol({ version }: Line, out: Out): void {
  if (version === '1.1') return out.write(USUAL_PROTOCOL);
  if (version === '') return out.ascii('-');
  out.ascii('HTTP/');
  out.ascii(version);
}

function userOf({ headers: { authorization } }: Line): string | undefined {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, 'base64').toString('latin1').split(':', 1)[0];
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
  h: ({ client }, out) => out.ascii(client),
  l: '-',
  u: (line, out) => {
    if (line.headers.authorization === undefined) return out.ascii('-');
    // It stands without quotes: a space in it would shift the fields behind it.
    out.ascii(escapeText(userOf(line) || '-').replaceAll(' ', '\\x20'));
  },
  t: ({ now }, out) => clock.common(out, now),
  r: (line, out) => {
    orDash(out, line.method);
    if (line.method === '') return;
    out.ascii(' ');
    writeText(out, line.target);
    if (line.version === '') return;
    out.ascii(' ');
    protocol(line, out);
  },
  m: ({ method }, out) => orDash(out, method),
  U: (line, out) => orDash(out, parts(line)[0]),
  // Empty without a query, as in Gunicorn: "%(U)s?%(q)s".
  q: (line, out) => writeText(out, parts(line)[1] ?? ''),
  H: protocol,
  s: ({ status }, out) => out.number(status),
  B: ({ bytes }, out) => out.number(bytes),
  b: ({ bytes }, out) => {
    if (bytes === 0) out.ascii('-');
    else out.number(bytes);
  },
  f: repeated('referer'),
  a: repeated('user-agent'),
  T: ({ durationMs }, out) => out.number(Math.floor(durationMs / 1_000)),
  D: ({ durationMs }, out) => out.number(Math.round(durationMs * 1_000)),
  M: ({ durationMs }, out) => out.number(Math.floor(durationMs)),
  L: ({ durationMs }, out) => out.ascii((durationMs / 1_000).toFixed(6)),
  p: `<${pid}>`,
});

const fields = (
  clock: Clock,
  { slot, generation, pid, release }: Writer,
  idPrefix: string,
): Record<AccessField, Part> => ({
  time: ({ now }, out) => {
    clock.iso(out, now);
    out.ascii('Z');
  },
  slot: `${slot}`,
  generation: `${generation}`,
  release: release === undefined ? '-' : escapeText(release),
  pid: `${pid}`,
  id: ({ id, sequence }, out) => {
    out.ascii(id ?? idPrefix);
    if (id === undefined) out.number(sequence);
  },
  trace: ({ trace }, out) => out.ascii(trace ?? '-'),
  client: ({ client }, out) => out.ascii(client),
  method: ({ method }, out) => orDash(out, method),
  target: ({ target }, out) => orDash(out, target),
  protocol,
  status: ({ status }, out) => out.number(status),
  bytes: ({ bytes }, out) => out.number(bytes),
  durationMs: ({ durationMs }, out) => out.micros(durationMs),
  firstByteMs: ({ firstByteMs }, out) => {
    if (Number.isNaN(firstByteMs)) out.ascii('-');
    else out.micros(firstByteMs);
  },
  userAgent: repeated('user-agent'),
  referer: repeated('referer'),
  moved: ({ moved }, out) => out.ascii(moved ? 'true' : '-'),
  closed: ({ closed }, out) => out.ascii(closed ?? '-'),
});

/**
 * @param template the name of one, or its text
 * @param idPrefix the begin of the ids that this worker makes
 */
export function templateFormat(
  template: string,
  writer: Writer,
  idPrefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): Format {
  const clock = new Clock();
  const [ofLetter, ofField] = [atoms(clock, writer.pid), fields(clock, writer, idPrefix)];
  const partOf = (piece: Piece): Part => {
    if (typeof piece === 'string') return piece;
    switch (piece.atom) {
      case 'e':
        return escapeText(environment[piece.name] || '-');
      case 'i':
        return ({ headers }, out) => orDash(out, joined(headers[piece.name]));
      case 'o':
        return (line, out) => orDash(out, sentHeader(line, piece.name));
      case 'x':
        return ofField[piece.name];
      default:
        return ofLetter[piece.atom];
    }
  };
  const writers: Exclude<Part, string>[] = [];
  /** The text before each of them, and the one behind the last. */
  const texts = [''];
  for (const part of parseAccessFormat(templateOf(template)).map(partOf)) {
    if (typeof part === 'string') texts[writers.length] += part;
    else texts[writers.push(part)] = '';
  }
  texts[writers.length] += '\n';
  const between = texts.map(ascii);
  return (line, out) => {
    for (let at = 0; at < writers.length; at++) {
      out.write(between[at] as Ascii);
      (writers[at] as Exclude<Part, string>)(line, out);
    }
    out.write(between[writers.length] as Ascii);
  };
}

const templateOf = (template: string): string =>
  Object.hasOwn(ACCESS_TEMPLATES, template)
    ? ACCESS_TEMPLATES[template as keyof typeof ACCESS_TEMPLATES]
    : template;

/** True for a format that tells when a response began. */
export const wantsFirstByte = (format: string): boolean =>
  format === 'json' || format.includes('%({firstByteMs}x)s');
