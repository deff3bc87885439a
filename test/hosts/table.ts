/** The table that test/hosts prints: failures by cause, for each step. */
import type { Happened } from './clients.ts';
import type { Failed } from './haproxy-log.ts';

export type Row = readonly (string | number)[];

const HEAD = [
  'step',
  'requests',
  'connections',
  'messages',
  'failed',
  'WebSockets ended',
  'seconds',
  'causes',
];

function causes({ failures, closed }: Happened, failed: readonly Failed[]): string {
  const by = new Map<string, number>();
  const servers = new Map(failed.map((each) => [each.n, each]));
  for (const { n, kind, cause } of failures) {
    const { server, termination } = servers.get(n) ?? {};
    const where = server ? ` on ${server} (HAProxy: ${termination})` : '';
    by.set(`${kind}: ${cause}${where}`, (by.get(`${kind}: ${cause}${where}`) ?? 0) + 1);
  }
  for (const { host, code } of closed) {
    const what = `WebSocket of ${host} ended with ${code}`;
    by.set(what, (by.get(what) ?? 0) + 1);
  }
  return [...by].map(([cause, count]) => `${count} x ${cause}`).join('; ') || '-';
}

export const row = (what: string, happened: Happened, failed: readonly Failed[], ms: number): Row => [
  ...[what, happened.requests, happened.connections, happened.messages],
  ...[happened.failures.length, happened.closed.length, (ms / 1_000).toFixed(1), causes(happened, failed)],
];

export function table(title: string, rows: readonly Row[]): string {
  const total = rows.reduce((requests, [, more]) => requests + Number(more), 0);
  const lines = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${title}: ${total} requests\n\n${lines.join('\n')}\n\n`;
}
