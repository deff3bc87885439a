/** The part of a failed answer that a log line has room for. */
import type { Answer } from './transport/ask-in-process.ts';

const LONGEST = 200;

/** Control characters, and what is not text: a compressed or binary body says nothing. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\ufffd]/gu;

/** `: the first 200 characters of the body`, or where a redirect leads to; empty where there is nothing to read. */
export function excerptOf({ code, status, headers = {}, body = '' }: Partial<Answer>): string {
  if (code !== undefined && code >= 300 && code < 400 && headers.location) {
    return ` (to ${headers.location.slice(0, LONGEST)})`;
  }
  if (headers['content-encoding'] !== undefined) return '';
  const html = /html/.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html)/i.test(body);
  const text = withoutFrames(html ? withoutTags(body) : body)
    .replace(/\s+/g, ' ')
    .replace(UNREADABLE, '')
    .trim();
  // A body that only repeats the status line is none.
  if (text === '' || status?.includes(text)) return '';
  return `: ${text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text}`;
}

/** Keeps the first frame of a stack that the app shows: that one says where. */
function withoutFrames(text: string): string {
  const frame = /^\s*at .*:\d+:\d+\)?\s*$/;
  const lines = text.split('\n');
  const first = lines.findIndex((line) => frame.test(line));
  return lines.filter((line, at) => at === first || !frame.test(line)).join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
  '#39': "'",
  amp: '&',
};

/** The text of a page that a person would read. */
const withoutTags = (html: string): string =>
  html
    .replace(/<(head|style|script)\b.*?(<\/\1>|$)/gis, ' ')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/&(\w+|#39);/g, (entity, name: string) => ENTITIES[name] ?? entity);
