/**
 * The messages between the master and a worker, over the IPC channel that `child_process` gives them.
 * An order is paired with a fact: (`up` ->) `boot` -> `loaded`, `probed`; `admit` -> `accepting`;
 * `drain` -> `drained`. Listeners travel as handles: one `listener` message each, before `admit`.
 */
import type { Heartbeat } from './heartbeat.ts';
import type { OpenRequest } from './open-request.ts';
import { BUCKETS, type Sample } from './sample.ts';
import type { ProbeReport } from './status.ts';

/** Both sides carry it, so that a worker of another tshorn version is told apart from a bug. */
export const PROTOCOL = 1;

/** Everything that a worker must know to boot. Durations are milliseconds. */
export interface BootOrder {
  readonly slot: number;
  readonly generation: number;
  readonly masterPid: number;
  /** Resolved real path of the app's file. */
  readonly appFile: string;
  /** `APP:name`: the named export to serve. */
  readonly exportName?: string;
  /** What stood after `--`: the app's own `process.argv`. */
  readonly appArgs: readonly string[];
  /** Config file to import for hooks that run in the worker; absent when it declares none. */
  readonly hooksFile?: string;
  readonly hookTimeout: number;
  /** Empty: no probe. */
  readonly statusPath: string;
  /** Whether a person named that path: then a 404 there is BROKEN. */
  readonly statusPathGiven: boolean;
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeInterval: number;
  /** Absent: that of the master. */
  readonly umask?: number;
  /** Where to keep what has been compiled. */
  readonly compileCache?: string;
  /** Absent: no warm-up. */
  readonly warmUp?: {
    readonly paths: readonly string[];
    readonly requests: number;
    readonly timeout: number;
  };
  /** Present when the probe's outcome travels by UDP. */
  readonly statusUdp?: { readonly port: number; readonly secret: string };
  readonly keepAliveTimeout: number;
  readonly keepAliveTimeoutGiven: boolean;
  readonly headersTimeout: number;
  readonly headersTimeoutGiven: boolean;
  readonly backlog: number;
  readonly idleLinger: number;
  readonly websocketSpread: number;
  /** The time between two heartbeats. */
  readonly heartbeatEvery: number;
  /** A request that waits for its headers for longer is told of; 0: none is. */
  readonly requestTimeout: number;
  /** An event loop that is late by more is told of at once; 0: none is. */
  readonly loopDelayWarning: number;
  /** The worker will not serve: the app opens no address, not even one of its own. */
  readonly check?: true;
}

/** `graceful`: finish what runs, within the deadline. `quick`: the same with a short deadline and no linger. */
export type DrainMode = 'graceful' | 'quick';

/** Ordered again, it goes on as it is ordered then; `admit` takes it back. */
export interface DrainOrder {
  readonly type: 'drain';
  readonly mode: DrainMode;
  readonly deadlineMs: number;
  /** Another worker can take over connections that are at rest. */
  readonly handoff: boolean;
  /** The worker stays when it has drained, to serve again if it is admitted again. */
  readonly park: boolean;
  /** Nobody else will accept what waits in the kernel's queue: this worker does, before it stops accepting. */
  readonly emptyQueue?: true;
}

/** Every message that carries a connection, up to this number, has been sent: see sequence.ts. */
interface Sent {
  readonly type: 'sent';
  readonly upTo: number;
}

/** A worker takes a connection within this time or declines it: then the master may ask another one. */
export const TAKE_WITHIN_MS = 2_000;

/** Milliseconds on a clock that all processes of the machine share and that nobody sets. */
export const sharedClock = (): number => Number(process.hrtime.bigint() / 1_000_000n);

export type ToWorker =
  | ({ readonly type: 'boot' } & BootOrder)
  /** Carries a listening handle. */
  | { readonly type: 'listener'; readonly address: string }
  | { readonly type: 'admit'; readonly listeners: number }
  | DrainOrder
  /** The server stops soon: the status path is answered with 503 over the network, all else as before. */
  | { readonly type: 'leaving' }
  /** Measure and send samples; said again while it measures: send one at once. */
  | { readonly type: 'watch'; readonly on: boolean }
  /** Hand over this many idle connections, if there are: other workers have fewer. */
  | { readonly type: 'give'; readonly count: number }
  /** Carries a connection that another worker has handed over; answered by `took`. */
  | {
      readonly type: 'take';
      readonly id: number;
      /** On the shared clock: after that it is declined, as another worker may have it. */
      readonly until: number;
      /** What goes on with it, when it is more than idle HTTP: its state follows, and it waits for that. */
      readonly resumer?: string;
    }
  /** Follows `take`, answered by `took`. Without a text nobody knows it any more: its client is to be told. */
  | { readonly type: 'state'; readonly id: number; readonly text?: string }
  /** Follows `take`; what has not come is `declined`. */
  | Sent
  /** Answers `hand-over`: another worker owns the connection now. */
  | { readonly type: 'handed-over'; readonly id: number }
  /** Answers `hand-over`: nobody can take the connection; it goes on where it is. */
  | { readonly type: 'keep'; readonly id: number; readonly reason: string };

/** What a drain came to. */
export interface DrainReport {
  /** Connections that another worker has taken over; their clients noticed nothing. */
  readonly moved: number;
  /** Connections that ended by themselves or after their last response. */
  readonly finished: number;
  /** Idle connections that were closed when their linger was over, and WebSockets that were closed in order. */
  readonly closed: number;
  /** Connections force-closed at the deadline. */
  readonly forceClosed: number;
  /** Connections that could not move, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly tookMs: number;
}

export type ToMaster =
  /** The worker listens to the channel: the boot order may come. What is sent before is lost. */
  | { readonly type: 'up' }
  | { readonly type: 'loaded'; readonly kind: string; readonly tookMs: number }
  | {
      readonly type: 'load-failed';
      readonly code: string;
      readonly message: string;
      readonly detail?: string;
    }
  | ({ readonly type: 'probed' } & ProbeReport)
  /** `immovable`: why connections of this server cannot move to another worker; empty when they can. */
  | { readonly type: 'accepting'; readonly immovable: string }
  /** A signal asked this worker to leave: its replacement is to be started first. */
  | { readonly type: 'leave-requested'; readonly signal: string }
  | ({ readonly type: 'drained' } & DrainReport)
  /** Every `heartbeatEvery` milliseconds, from when the app is loaded. */
  | ({ readonly type: 'heartbeat' } & Heartbeat)
  /** The event loop was late by more than `loopDelayWarning`; the requests that may have to do with it. */
  | { readonly type: 'late'; readonly loopDelayMs: number; readonly requests: readonly OpenRequest[] }
  /** Requests that wait for longer than `requestTimeout`, each told once, and how many more there are. */
  | { readonly type: 'waiting'; readonly requests: readonly OpenRequest[]; readonly more: number }
  /** How many connections the worker has, when that has changed. */
  | { readonly type: 'census'; readonly connections: number }
  /** While it is watched: every SAMPLE_EVERY_MS, and at once after URGENT_BAD bad responses. */
  | ({ readonly type: 'sample' } & Sample)
  /** Carries a connection at rest; the worker keeps its own descriptor until the answer. */
  | { readonly type: 'hand-over'; readonly id: number; readonly resumer?: string }
  /** Answers `handed-over` of a connection with a resumer; without a text there is no state any more. */
  | { readonly type: 'state'; readonly id: number; readonly text?: string }
  /** The worker owned it, and it did not go on: its client has been told. */
  | {
      readonly type: 'resume-failed';
      readonly resumer: string;
      readonly reason: string;
      /** Whether it was the app's doing; false when the client has gone, or its state was lost on the way. */
      readonly byApp: boolean;
    }
  /** Of so many connections with a resumer it is known now whether they go on. */
  | { readonly type: 'answered'; readonly count: number }
  /** What a worker that drains still has: connections, by what keeps them. Told when it has changed. */
  | { readonly type: 'remaining'; readonly left: Readonly<Record<string, number>> }
  /** Follows `hand-over`; what has not come is answered by `keep`. */
  | Sent
  /** The worker owns the connection, and has not read from it yet. */
  | { readonly type: 'took'; readonly id: number }
  /** The worker cannot serve the connection. */
  | { readonly type: 'declined'; readonly id: number; readonly reason: string }
  | { readonly type: 'also-listening'; readonly address: string }
  | { readonly type: 'hook-failed'; readonly hook: string; readonly reason: string }
  /** A line for the master's log. */
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string };

export type Envelope<Message> = Message & { readonly tshorn: typeof PROTOCOL };

export const envelope = <Message extends object>(message: Message): Envelope<Message> => ({
  tshorn: PROTOCOL,
  ...message,
});

/** `count`: a whole number from 0; `counts`: a histogram of them; `tally`: some of them by reason. */
type Field = 'number' | 'string' | 'boolean' | 'object' | 'count' | 'counts' | 'tally';
type Shape = Readonly<Record<string, Field>>;

const TO_MASTER: Record<ToMaster['type'], Shape> = {
  up: {},
  loaded: { kind: 'string', tookMs: 'number' },
  'load-failed': { code: 'string', message: 'string' },
  probed: { verdict: 'string', tookMs: 'number' },
  accepting: { immovable: 'string' },
  'leave-requested': { signal: 'string' },
  drained: {
    moved: 'number',
    finished: 'number',
    closed: 'number',
    forceClosed: 'number',
    refused: 'object',
    tookMs: 'number',
  },
  heartbeat: { requests: 'count', rss: 'count', loopDelayMs: 'number' },
  late: { loopDelayMs: 'number', requests: 'object' },
  waiting: { requests: 'object', more: 'count' },
  census: { connections: 'number' },
  sample: {
    requests: 'count',
    serverErrors: 'count',
    handlerErrors: 'count',
    uncaught: 'count',
    latency: 'counts',
    waiting: 'counts',
    loopDelayMs: 'number',
  },
  'hand-over': { id: 'number' },
  state: { id: 'number' },
  'resume-failed': { resumer: 'string', reason: 'string', byApp: 'boolean' },
  answered: { count: 'count' },
  remaining: { left: 'tally' },
  sent: { upTo: 'number' },
  took: { id: 'number' },
  declined: { id: 'number', reason: 'string' },
  'also-listening': { address: 'string' },
  'hook-failed': { hook: 'string', reason: 'string' },
  log: { level: 'string', text: 'string' },
};

const TO_WORKER: Record<ToWorker['type'], Shape> = {
  boot: { slot: 'number', generation: 'number', masterPid: 'number', appFile: 'string' },
  listener: { address: 'string' },
  admit: { listeners: 'number' },
  drain: { mode: 'string', deadlineMs: 'number', handoff: 'boolean', park: 'boolean' },
  leaving: {},
  watch: { on: 'boolean' },
  give: { count: 'number' },
  take: { id: 'number', until: 'number' },
  state: { id: 'number' },
  sent: { upTo: 'number' },
  'handed-over': { id: 'number' },
  keep: { id: 'number', reason: 'string' },
};

/** Whether something that came over the channel is ours at all; an app may send its own messages. */
export const isEnvelope = (value: unknown): value is { tshorn: unknown; type?: unknown } =>
  typeof value === 'object' && value !== null && 'tshorn' in value;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What a log line and a status can bear. */
const MOST_REASONS = 32;

function isTally(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_REASONS && entries.every(([name, n]) => /^[a-z-]{1,32}$/.test(name) && isCount(n))
  );
}

function fits(value: unknown, field: Field): boolean {
  if (field === 'tally') return isTally(value);
  if (field === 'count') return isCount(value);
  if (field === 'counts') return Array.isArray(value) && value.length === BUCKETS && value.every(isCount);
  return typeof value === field && value !== null;
}

function read<Message>(shapes: Record<string, Shape>, value: unknown): Message | undefined {
  if (!isEnvelope(value) || value.tshorn !== PROTOCOL || typeof value.type !== 'string') return undefined;
  const shape = Object.hasOwn(shapes, value.type) ? shapes[value.type] : undefined;
  if (!shape) return undefined;
  const fields = value as unknown as Record<string, unknown>;
  // The app shares the worker's process and may send anything: what does not fit is no message.
  for (const name in shape) {
    if (!fits(fields[name], shape[name] as Field)) return undefined;
  }
  const { tshorn: _tshorn, ...message } = fields;
  return message as unknown as Message;
}

/** The message, or undefined when it is not a valid one of this protocol version. */
export const readToMaster = (value: unknown): ToMaster | undefined => read(TO_MASTER, value);
export const readToWorker = (value: unknown): ToWorker | undefined => read(TO_WORKER, value);
