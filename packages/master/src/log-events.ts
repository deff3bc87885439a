/**
 * Every `event` of the log. The logger accepts no other, and the table in docs/operating.md is made from this one. The
 * program imports nothing but the type, so the texts are not in the bundle.
 */
import type { Notice } from './decide/notice.ts';
import { CONNECTIONS } from './log-events/connections.ts';
import { OPERATIONS } from './log-events/operations.ts';
import type { Row, Rows } from './log-events/row.ts';
import { SERVER } from './log-events/server.ts';
import { WORKERS } from './log-events/workers.ts';

/** By topic, in the order of the page. */
const TOPICS: Readonly<Record<string, Rows>> = {
  'The server': SERVER,
  'Reloads and other operations': OPERATIONS,
  'A worker': WORKERS,
  Connections: CONNECTIONS,
};

export const LOG_EVENTS = { ...SERVER, ...OPERATIONS, ...WORKERS, ...CONNECTIONS } satisfies Rows &
  Record<Notice['event'], Row>;

export type LogEvent = keyof typeof LOG_EVENTS;

/** The fields of a log line. */
export type LogFields = { readonly event: LogEvent } & Readonly<Record<string, unknown>>;

/** The tables of docs/operating.md. */
export function logEventsMarkdown(): string {
  return Object.entries(TOPICS)
    .map(([topic, rows]) => {
      const lines = Object.entries(rows).map(
        ([event, { level, fields = '', when, todo }]) =>
          `| \`${event}\` | ${level} | ${todo ? `${when} ${todo}` : when} | ${fields} |`,
      );
      const head = [
        `### ${topic}`,
        '',
        '| event | level | when, and what to do | fields |',
        '|---|---|---|---|',
      ];
      return [...head, ...lines].join('\n');
    })
    .join('\n\n');
}
