/** The orders of the master, over the IPC channel. Listeners travel as handles: one `listener` each, before `admit`. */
import { type MessageOf, readerOf } from './envelope.ts';
import {
  bool,
  count,
  line,
  list,
  literal,
  ms,
  name,
  opaque,
  optional,
  type Row,
  record,
  row,
} from './fields.ts';
import { LONGEST_CARRY, LONGEST_RESUMER, LONGEST_STATE } from './handoff.ts';

/** A key or a chain, as PEM: far more than any that is in use. */
const pem = opaque(256 * 1024);

/** PATH_MAX of Linux, with room. */
const path = opaque(8_192);

/** The facts that a worker needs to boot. */
const BOOT = {
  slot: count(),
  generation: count(),
  /** Resolved real path of the app's file. */
  appFile: path,
  /** `APP:name`: the named export to serve. */
  exportName: optional(opaque(1_024)),
  /** The name of the release; absent where it has none. */
  release: optional(line(100)),
  /** Config file to import for hooks that run in the worker; absent when it declares none. */
  hooksFile: optional(path),
  /** The options whose rows are marked `worker` (config/src/options.ts), by name. */
  options: record,
  /** Which of the options somebody gave; the others have their defaults. */
  given: list(name(64), 256),
  /** Absent: the umask of the master. */
  umask: optional(count(0o777)),
  /** Directory for compiled code; absent: none is kept. */
  compileCache: optional(path),
  /** File for the compiled code of the worker's own program, which is missing; absent: this worker writes none. */
  ownCode: optional(path),
  /** Heartbeats at rest go to this place of the file at HEARTBEAT_FD, if it is still this one (`fileOf`); absent: all are messages. */
  heartbeats: optional(row({ place: count(), file: name(64) })),
  /** Present when the probe's outcome travels by UDP. */
  statusUdp: optional(row({ port: count(65_535), secret: opaque(64) })),
  /** The addresses of the listeners, which come when the worker is admitted; absent in a check. */
  addresses: optional(list(line(256), 256)),
  /** Absolute paths of the unix sockets: the app does not remove these files, in a check neither. */
  socketFiles: optional(list(path, 256)),
  /**
   * The inspector opens before any code of the user, on a free port; debuggers find it at this address of the master's. With
   * `pause` the worker waits for one (`--inspect-brk`).
   */
  inspector: optional(row({ host: line(256), port: count(65_535), pause: optional(literal(true)) })),
  /** The worker will not serve: the app opens no address, not even one of its own. */
  check: optional(literal(true)),
  /** Report what `tshorn doctor` asks for, before `probed`. */
  examine: optional(literal(true)),
};

export type BootOrder = Row<typeof BOOT>;

/** `graceful`: finish what runs, within the deadline. `quick`: the same with a short deadline and no linger. */
export type DrainMode = DrainOrder['mode'];

export type EmptyQueue = NonNullable<DrainOrder['emptyQueue']>;

/** A second order changes the drain under way; `admit` ends it. */
const DRAIN = {
  mode: literal('graceful', 'quick'),
  deadlineMs: ms,
  /** Another worker can take over connections that are at rest. */
  handoff: bool,
  /** The worker stays when it has drained, to serve again if it is admitted again. */
  park: bool,
  /**
   * All workers leave: nobody else will accept what waits in the kernel's queue, so each does before it stops accepting, and
   * answers `stopped-accepting`. The `last` one goes on until `last-to-accept`.
   */
  emptyQueue: optional(literal('together', 'last')),
  /** After a crash or a hang: no clean-up of the app runs, and the worker ends with the exit code of a crash. */
  failing: optional(literal('crash', 'hang')),
};

export type DrainOrder = Row<typeof DRAIN>;

const TO_WORKER = {
  boot: BOOT,
  /**
   * Carries a listening handle; `https://` before the address: TLS is spoken there. `redirect`: no request reaches the
   * app there, each is sent on to https. It has the ports of the two, as far as they are TCP.
   */
  listener: {
    address: line(256),
    redirect: optional(row({ http: optional(count(65_535)), https: optional(count(65_535)) })),
  },
  /**
   * The certificates that a worker shows to the clients of its https listeners. It comes before `boot`, and is used at once. Later it
   * begins a swap: new handshakes wait from now on, until `use-certificates`.
   * Answered by `certificates-held` or `certificates-failed`.
   */
  certificates: {
    revision: count(),
    pairs: list(row({ cert: pem, key: pem }), 1_000),
    /** The authorities that client certificates are checked against. */
    ca: optional(opaque(8 * 1024 * 1024)),
  },
  /** Ends a swap: the handshakes that wait go on, with the new certificates or with the old ones. */
  'use-certificates': { revision: count(), use: bool },
  /** Session tickets are sealed with these keys from now on, in every worker: 48 bytes in base64. Comes before `boot`, too. */
  'ticket-keys': { keys: opaque(64) },
  /** The listeners have come before: the kernel is to queue connections from now on, and nobody accepts them yet. */
  open: { backlog: count() },
  admit: { listeners: count() },
  /** Answers `listeners-wanted`: the listeners have come before. */
  attach: {},
  drain: DRAIN,
  /** No other worker accepts any more. */
  'last-to-accept': {},
  /** The server leaves, or stops soon: the status path is answered with 503 over the network, all else as before. */
  leaving: {},
  /** The log was rotated: open the access log again. */
  'reopen-log': {},
  /** The server no longer leaves: the app answers the status path again. */
  staying: {},
  /** Measure and send samples. */
  watch: { on: bool },
  /** Hand over this many idle connections, if there are: other workers have fewer. Those over TLS only if it says so. */
  give: { count: count(), encrypted: bool },
  /** Carries a connection that another worker has handed over; answered by `took` or `declined`. */
  take: {
    id: count(),
    /** On the shared clock: after that it is declined, as another worker may have it. */
    until: ms,
    /** The name of what resumes it, when it is more than idle HTTP: its state follows, and it waits for that. */
    resumer: optional(name(LONGEST_RESUMER)),
    /** Secrets and facts of its TLS, from the sender. Never logged. */
    carry: optional(opaque(LONGEST_CARRY)),
  },
  /** Follows `take`, answered by `took`. Without a text the state is lost: the client is to be told. */
  state: { id: count(), text: optional(opaque(LONGEST_STATE)) },
  /** Every `take` up to this number has been sent (sequence.ts); what has not come is `declined`. */
  sent: { upTo: count() },
  /** Answers `hand-over`: another worker owns the connection now. */
  'handed-over': { id: count() },
  /** Answers `hand-over`: nobody can take the connection; it stays where it is. */
  keep: { id: count(), reason: line(64) },
};

export type ToWorker = MessageOf<typeof TO_WORKER>;

/** Reads what came from the master; nothing is thrown. */
export const readToWorker = readerOf(TO_WORKER);
