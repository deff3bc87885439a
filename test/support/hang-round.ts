/** One request hangs its worker, beside many others: what became of all of them, seen by the clients and told in the log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Bystanders, type Cost, get, type Numbers } from './bystanders.ts';
import type { LogLine, TestServer } from './server.ts';

/**
 * `interrupted`: its event loop turns again. `killed`: after what is at rest has been saved. `native`: killed, and nothing
 * can be saved. `any`: it depends on the version of Node.
 */
export type Fate = 'interrupted' | 'killed' | 'native' | 'any';

/** Paths of `hangs-in-many-ways.mjs` and what becomes of the worker; `webSocket` is a message. */
export const KINDS: Readonly<Record<string, Fate>> = {
  handler: 'interrupted',
  async: 'interrupted',
  nextTick: 'interrupted',
  promise: 'interrupted',
  'await-null': 'interrupted',
  'async-generator': 'interrupted',
  event: 'interrupted',
  stream: 'interrupted',
  regex: 'interrupted',
  finally: 'interrupted',
  'head-sent': 'interrupted',
  webSocket: 'interrupted',
  atomics: 'interrupted',
  wasm: 'interrupted',
  timer: 'interrupted',
  interval: 'interrupted',
  immediate: 'interrupted',
  stringify: 'any',
  hook: 'native',
  execSync: 'native',
  pbkdf2: 'native',
};

export const TIMEOUT_MS = 2_000;

/** The line at the end of a crash or a hang. */
export interface Contained extends LogLine {
  readonly pid: number;
  readonly cause: 'crash' | 'hang';
  readonly rescued?: number;
  readonly moved?: number;
  readonly interrupted?: boolean;
  readonly finished?: number;
  readonly lost?: number;
  readonly why?: string;
  readonly tookMs: number;
}

export interface Round {
  readonly pid: number;
  readonly on: Numbers;
  readonly cost: Cost;
  readonly failuresBeside: readonly string[];
  /** `503`, `closed`, or the close code of a WebSocket. */
  readonly culprit: string;
  readonly hung: LogLine;
  readonly contained: Contained;
  /** From the begin of the hang to the last answer to an idle client that asked meanwhile, less `--timeout`. */
  readonly beyondMs: number;
  /** The same, from the verdict. */
  readonly rescueMs: number;
  readonly exit: string;
  /** What the log says about it. */
  readonly story: string;
}

/** How it ended, for clients that asked for what hangs. */
async function hang(bystanders: Bystanders, pid: number, kind: string): Promise<string> {
  if (kind === 'webSocket') {
    const client = bystanders.takeWebSocket(pid);
    await client.ask();
    await client.send(['!hang']).answer;
    return String((await client.ended).code);
  }
  const client = bystanders.takeIdle(pid);
  // The worker reads all that has come before: the slow requests too.
  await client.ask([get('/')], /^\d+$/);
  await client.ask([get(`/hang/${kind}`)], /^nobody answers$/);
  return client.failures[0]?.startsWith('503') ? '503' : 'closed';
}

/** Resolves when the worker has ended and its replacement is ready. */
export async function hangRound(
  server: TestServer,
  { kind, slot, numbers }: { readonly kind: string; readonly slot: number; readonly numbers: Numbers },
): Promise<Round> {
  const pid = server.pidOf(slot);
  const from = server.lines.length;
  const bystanders = await Bystanders.connect(server.port, numbers);
  const bySlot = <T extends LogLine>(event: string, is: (line: LogLine) => boolean) =>
    server.until(`${event} of ${kind}`, () => server.of(event, from).find(is) as T | undefined);
  try {
    // They do not move to where there are few.
    while (bystanders.countOn(pid).webSockets === 0) await bystanders.addWebSocket(server.port);
    bystanders.beginSlow((at) => `/slow?ms=${3_500 + Math.round((at * 1_500) / numbers.slow)}`);
    const since = Date.now();
    const culprit = hang(bystanders, pid, kind);
    const on = bystanders.countOn(pid);
    await sleep(TIMEOUT_MS / 2);
    await bystanders.askSome(pid);
    const answeredAt = Date.now();
    const beyondMs = answeredAt - since - TIMEOUT_MS;
    const verdict = await bySlot('rescuing', (line) => line.pid === pid);
    const hung = await bySlot('hung', (line) => line.pid === pid);
    const contained = await bySlot<Contained>('contained', (line) => line.pid === pid);
    await bySlot('ready', (line) => line.worker === slot && line.pid !== pid);
    const { msg: exit } = await bySlot('exited', (line) => line.pid === pid);
    const cost = await bystanders.costOf(pid);
    const failuresBeside = bystanders.failuresBeside(pid);
    const rescueMs = answeredAt - verdict.time;
    const seen = { pid, on, cost, failuresBeside, culprit: await culprit };
    const story = server.lines
      .slice(from)
      .map(({ msg }) => msg)
      .join('\n');
    return { ...seen, story, hung, contained, beyondMs, rescueMs, exit };
  } finally {
    bystanders.leave();
  }
}
