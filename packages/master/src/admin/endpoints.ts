/**
 * The paths of the admin listener. To add one: write its answer in a file of its own, and add its row here. A row that is
 * not `free` asks for the token, where there is one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { statusReply } from '../control/status-reply.ts';
import { PROMETHEUS_TYPE, prometheusText } from '../metrics/prometheus.ts';
import type { Administered } from './administered.ts';
import { takesGzip, zipped } from './gzip.ts';
import { explained } from './readiness.ts';
import { shared } from './shared.ts';

export interface Call {
  readonly request: IncomingMessage;
  /** Already has `cache-control: no-store`. */
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly view: Administered;
  /** There is no token, or the request has it. */
  readonly isTrusted: boolean;
}

export interface Endpoint {
  /** Answers without the token: those who probe a server can seldom send one, and the page as such has no secret. */
  readonly free?: 'probe' | 'page';
  /** The response stays open until its client or the master goes; else it has a few seconds. */
  readonly streams?: true;
  /** GET; for HEAD the body is left out by itself. What it throws becomes 500. */
  answer(call: Call): void | Promise<void>;
}

export const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';
export const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Answers with a whole body. */
export function send(
  { response }: Pick<Call, 'response'>,
  status: number,
  type: string,
  body: string | Buffer,
) {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Answers a probe. @param problem why not; undefined: all is well */
function sendProbe(call: Call, name: string, problem: 'notReady' | 'notStarted' | undefined): void {
  const readiness = call.view.readiness();
  const what = problem && readiness[problem];
  call.response.setHeader('tshorn-workers', `ready=${readiness.ready}/${readiness.size}`);
  if (what === undefined) return send(call, 200, TEXT_TYPE, `${name}\n`);
  send(call, 503, TEXT_TYPE, `${explained(readiness, what, call.isTrusted)}\n`);
}

const metrics = shared(async ({ view: { master } }: Call) =>
  Buffer.from(prometheusText(await master.observed.families())),
);

async function sendMetrics(call: Call): Promise<void> {
  const plain = await metrics(call);
  call.response.setHeader('vary', 'accept-encoding');
  if (!takesGzip(call.request)) return send(call, 200, PROMETHEUS_TYPE, plain);
  const body = await zipped(plain);
  call.response.setHeader('content-encoding', 'gzip');
  send(call, 200, PROMETHEUS_TYPE, body);
}

const status = shared(async ({ view: { master, controlPath } }: Call) =>
  Buffer.from(`${JSON.stringify(statusReply(master, controlPath()))}\n`),
);

async function sendStream(call: Call): Promise<void> {
  const { sendEvents } = await import('../live/stream.ts');
  const { observed } = call.view.master;
  const live = await observed.live();
  if (call.request.method === 'HEAD') return send(call, 200, EVENTS_TYPE, '');
  const history = call.query.get('history') === '1' ? observed.history : undefined;
  if (!sendEvents(live, call.response, history)) send(call, 503, TEXT_TYPE, 'too many readers of /events\n');
}

/** A page as such tells nothing of the server: what it shows it asks for, with the token. */
async function sendPageFile(call: Call): Promise<void> {
  const { sendPage } = await import('./page.ts');
  await sendPage(call);
}

export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/': { free: 'page', answer: sendPageFile },
  '/metrics': { answer: sendMetrics },
  '/status': { answer: async (call) => send(call, 200, JSON_TYPE, await status(call)) },
  '/events': { streams: true, answer: sendStream },
  // That this is answered says that the loop turns.
  '/live': { free: 'probe', answer: (call) => sendProbe(call, 'live', undefined) },
  '/ready': { free: 'probe', answer: (call) => sendProbe(call, 'ready', 'notReady') },
  '/startup': { free: 'probe', answer: (call) => sendProbe(call, 'started', 'notStarted') },
};
