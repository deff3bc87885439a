/**
 * The messages of a worker to the master, over the IPC channel of `child_process`. A fact answers an order:
 * (`up` ->) `boot` -> `loaded`, `probing`, `probed`; `admit` -> `accepting`; `drain` -> (`stopped-accepting`, `moved-all` ->) `drained`.
 */

import { APP_METRICS } from '../app-metrics.ts';
import { CULPRIT } from '../culprit.ts';
import { EXAMINATION, immovable } from '../examination.ts';
import { HEARTBEAT } from '../heartbeat.ts';
import { METRICS } from '../metrics.ts';
import { openRequest } from '../open-request.ts';
import { SAMPLE } from '../sample.ts';
import { PROBE_REPORT } from '../status.ts';
import { type MessageOf, readerOf } from './envelope.ts';
import {
  bool,
  count,
  line,
  lines,
  list,
  literal,
  ms,
  name,
  opaque,
  optional,
  type Row,
  tally,
} from './fields.ts';
import { LONGEST_CARRY, LONGEST_RESUMER, LONGEST_STATE } from './handoff.ts';

/** More than a worker ever lists, and than anybody reads. */
const MOST_REQUESTS = 32;

/** The outcome of a drain. */
const DRAIN_REPORT = {
  /** Connections that another worker has taken over; their clients noticed nothing. */
  moved: count(),
  /** Connections that ended by themselves or after their last response. */
  finished: count(),
  /** Idle connections that were closed when their linger was over, and WebSockets that were closed in order. */
  closed: count(),
  /** Connections force-closed at the deadline. */
  forceClosed: count(),
  /** After a crash or a hang: requests, besides the culprit, that were in flight or came later, and were answered. */
  answered: optional(count()),
  /** After a crash or a hang: requests that the deadline has ended: answered with 500, or closed. */
  unanswered: optional(count()),
  /** Connections that could not move, by reason. */
  refused: tally,
  tookMs: ms,
};

export type DrainReport = Row<typeof DRAIN_REPORT>;

const TO_MASTER = {
  /** The worker listens to the channel: the boot order may come. What is sent before is lost. */
  up: {},
  /** The app takes long to load: what is known of it; `warn` where it serves something that tshorn cannot. */
  loading: { level: literal('info', 'warn'), text: line() },
  /** The app is loaded; `kind` is what it was recognised as. */
  loaded: { kind: line(64) },
  'load-failed': { code: line(64), message: line(), detail: optional(lines()) },
  /** The probe has begun (`attempt` 0), or an attempt has failed and another one follows. */
  probing: { attempt: count(), reason: line(), tookMs: ms },
  probed: PROBE_REPORT,
  /**
   * `immovable`: why connections of this server cannot move to another worker; empty when they can. `tls`: the app's server
   * speaks TLS by itself.
   */
  accepting: { immovable, tls: optional(bool) },
  /** Comes before `probed` where the boot order asks for it. */
  examined: EXAMINATION,
  /** The worker has closed its listeners, and is to accept again: the app listens again, or has room for connections. */
  'listeners-wanted': {},
  /** The app has closed its server and has not listened again: the worker accepts nothing any more. Sent again and again. */
  closed: {},
  /** A signal asked this worker to leave: its replacement is to be started first. */
  'leave-requested': { signal: line(32) },
  /** Follows `drain` with `emptyQueue`: the worker has emptied the kernel's queue and closed its listeners. */
  'stopped-accepting': {},
  /** Nothing is left of the drain but connections that cannot move, or that no worker can take yet. It goes on for these. */
  'moved-all': {},
  /** An exception that nobody caught. The worker accepts no more, waits for `drain` with `failing`, and ends. */
  crashed: { reason: line(), culprit: CULPRIT },
  /** Answers `drain` with `failing: 'hang'`: the event loop turns again, and the request that was stuck is settled. */
  'turns-again': { culprit: CULPRIT },
  drained: DRAIN_REPORT,
  /** Sent every `heartbeatEvery` milliseconds, from when the app is loaded. */
  heartbeat: HEARTBEAT,
  /** The last report of a worker that leaves. */
  metrics: METRICS,
  /** The metrics that the app keeps with a client library of Prometheus. Sent every few seconds where they have changed, and at the end. */
  'app-metrics': APP_METRICS,
  /** The event loop was late by more than `loopDelayWarning`; the requests that may have to do with it. */
  late: { loopDelayMs: ms, requests: list(openRequest, MOST_REQUESTS) },
  /** Requests that wait for longer than `requestTimeout`, each told once, and how many more there are. */
  waiting: { requests: list(openRequest, MOST_REQUESTS), more: count() },
  /** How many connections the worker has, when that has changed. */
  census: { connections: count() },
  /** While it is watched: every SAMPLE_EVERY_MS, and at once after URGENT_BAD bad responses. */
  sample: SAMPLE,
  /** Carries a connection at rest; the worker keeps its own descriptor until the answer. */
  'hand-over': {
    id: count(),
    resumer: optional(name(LONGEST_RESUMER)),
    /** The sender is about to end, or is stuck: the master keeps the connection until a worker can take it. */
    rescued: optional(literal(true)),
    /** The connection was offered under this number, and its sender has read no answer to that. */
    instead: optional(count()),
    /** Secrets and counters of its TLS, for the receiver. The master passes them on, and never logs them. */
    carry: optional(opaque(LONGEST_CARRY)),
  },
  /** Answers `certificates`: the new ones are ready, and handshakes wait for `use-certificates`. */
  'certificates-held': { revision: count() },
  /** Answers `certificates`: they cannot be used, and the old ones serve on. */
  'certificates-failed': { revision: count(), reason: line() },
  /**
   * Answers `handed-over` of a connection with a resumer, and follows a `hand-over` that is `rescued` at once; without a
   * text there is no state any more.
   */
  state: { id: count(), text: optional(opaque(LONGEST_STATE)) },
  /** The worker owned the connection and could not resume it: its client has been told. */
  'resume-failed': {
    resumer: line(LONGEST_RESUMER),
    reason: line(),
    /** The app is the cause; false when the client has gone, or its state was lost on the way. */
    byApp: bool,
  },
  /** The outcome of so many more connections with a resumer is known: resumed, or not. */
  answered: { count: count() },
  /** The connections that a draining worker still has, by what keeps them. Sent when it has changed. */
  remaining: { left: tally },
  /** Every `hand-over` up to this number has been sent (sequence.ts); what has not come is answered by `keep`. */
  sent: { upTo: count() },
  /** The worker owns the connection, and has not read from it yet. */
  took: { id: count() },
  /** The worker cannot serve the connection. */
  declined: { id: count(), reason: line(64) },
  /** Two HTTP servers of the app could be the one to serve, and no option says which. The texts name them. */
  'two-servers': { served: line(256), other: line(256), port: optional(count(65_535)), keep: line(64) },
  /** The app has asked for this port or path, and none of the listeners is there. */
  'asked-elsewhere': { asked: line(256) },
  'also-listening': { address: line(256) },
  /** The state of the inspector, which listens at `address`; `waiting`: for a debugger, before the app is loaded. */
  inspector: {
    state: literal('open', 'failed', 'waiting'),
    address: optional(line()),
    reason: optional(line()),
  },
  /** A library of the app asks node:cluster whether this is the primary, and leaves work to that. */
  'asks-primary': { library: literal('log4js', 'prom-client') },
  /**
   * The state of the access log: from now on lines are lost; so many were, and now they are written again, or the worker ends; the file cannot be
   * opened again, and the old one is written to; or the file is open again after that.
   */
  'access-log': {
    state: literal('losing', 'lost', 'lost-at-end', 'not-reopened', 'reopened'),
    lines: count(),
    reason: line(200),
  },
  'hook-failed': { hook: line(128), reason: line() },
  /** A line for the master's log. */
  log: { level: literal('info', 'warn', 'error'), text: line(8_000) },
};

export type ToMaster = MessageOf<typeof TO_MASTER>;

export type AskingLibrary = Extract<ToMaster, { type: 'asks-primary' }>['library'];

/** Reads what came from a worker. Texts are cleaned, unknown fields dropped; nothing is thrown. */
export const readToMaster = readerOf(TO_MASTER);
