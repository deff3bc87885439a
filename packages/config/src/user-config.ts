// Generated from the option table in packages/config/src/sections by `npm run docs`; do not edit.
import type { Hooks } from './hooks.ts';

/** A number of seconds, or text such as `500ms`, `30s`, `2m`, `1h`. */
export type Duration = number | string;

/** The configuration that a config file exports and that `start()` takes. Every option may be left out. */
export interface UserConfig {
  /** An editor's schema for a JSON file; not read. */
  $schema?: string;
  /** The file to serve; :NAME picks a named export. */
  app?: string;
  /** What the app finds in process.argv: everything after --. Default: none. */
  appArgs?: readonly string[];
  /** The directory to run the app in. Default: the current directory. */
  cwd?: string;
  /** A file of NAME=value lines for the environment of the workers; several may be given. Default: none. */
  envFile?: string | readonly string[];
  /** Where to listen: HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or systemd:NAME; may be repeated. Default: 127.0.0.1:8000, or 0.0.0.0:$PORT when PORT is set; every socket that systemd passes, where it passes any. */
  bind?: string | readonly string[];
  /** How many connections the kernel queues for an address until a worker accepts them. Default: 511. */
  backlog?: number;
  /** Permissions of unix sockets, in octal. Default: 660. */
  unixMode?: string;
  /** How many worker processes. Default: one per CPU, within the quota of the cgroup. */
  workers?: number;
  /** Run the workers as this user; the master stays root and binds the addresses. Default: none. */
  user?: string;
  /** Run the workers in this group. Default: none. */
  group?: string;
  /** The umask of the workers, in octal. Default: none. */
  umask?: string;
  /** How long a worker may take from its start to being ready. Default: 2m. */
  bootTimeout?: Duration;
  /** What a worker asks its own app for before it takes traffic; empty for no probe. Default: /_status. */
  statusPath?: string;
  /** How long one attempt of the probe may take. Default: 10s. */
  probeTimeout?: Duration;
  /** How many attempts the probe has before the worker counts as broken. Default: 3. */
  probeAttempts?: number;
  /** The pause between two attempts of the probe. Default: 500ms. */
  probeInterval?: Duration;
  /** How a worker tells the master the outcome of its probe. Default: ipc. */
  statusTransport?: 'ipc' | 'udp';
  /** Where to announce each worker's outcome by UDP. Default: none. */
  notify?: string;
  /** How a reload replaces the workers. Default: rolling. */
  reloadPlan?: 'rolling' | 'canary' | 'overlap' | 'replace';
  /** How many workers beyond the usual number may exist during a reload. Default: by the plan. */
  maxSurge?: number | string;
  /** How many workers of the usual number may be missing during a reload. Default: 0. */
  maxUnavailable?: number | string;
  /** Whether drained workers are kept until the reload commits. Default: yes. */
  park?: boolean;
  /** How long the last new worker must have served before the reload commits. Default: 1s. */
  soak?: Duration;
  /** How many nice levels a worker that boots beside serving ones is lowered by until it is admitted. Default: 10. */
  bootNice?: number;
  /** Whether workers keep what V8 has compiled, so that the next ones start faster. Default: yes. */
  compileCache?: boolean;
  /** Paths that a worker asks its own app for, after the probe, before it takes traffic. Default: none. */
  warmUp?: string | readonly string[];
  /** How many warm-up requests in all, spread over the paths in turn. Default: 50. */
  warmUpRequests?: number;
  /** How long the warm-up may take in all; then the worker goes on without the rest. Default: 10s. */
  warmUpTimeout?: Duration;
  /** How long a draining worker may finish its requests before it is killed. Default: 30s. */
  grace?: Duration;
  /** How long a draining worker waits for the next request on an idle connection. Default: 1s. */
  idleLinger?: Duration;
  /** Over how long a draining worker closes its WebSockets, at the end of the grace; 0 cuts them. Default: 5s. */
  websocketSpread?: Duration;
  /** Whether idle connections move to another worker. Default: yes. */
  handoff?: boolean;
  /** How long a quick stop (INT, QUIT) lets requests finish. Default: 2s. */
  quickGrace?: Duration;
  /** How long to serve on after TERM, before the drain; the status path answers 503 meanwhile. Default: 0s. */
  stopDelay?: Duration;
  /** After how many requests a worker is recycled; 0 is never. Default: 0. */
  maxRequests?: number;
  /** How many requests later at the most, drawn for each worker, so that not all are due at once. Default: a tenth of --max-requests. */
  maxRequestsJitter?: number;
  /** A worker that holds more memory than this is recycled. Default: none. */
  maxMemory?: string;
  /** At what age a worker is recycled; 0 is never. Default: 0s. */
  maxAge?: Duration;
  /** How much later at the most, drawn for each worker, so that not all are due at once. Default: a tenth of --max-age. */
  maxAgeJitter?: Duration;
  /** How long a worker may give no heartbeat before it is explained, killed and replaced; 0 is off. Default: 30s. */
  timeout?: Duration;
  /** How long a request may wait for its response headers before the log warns of it; 0 is off. Default: 1m. */
  requestTimeout?: Duration;
  /** How late the event loop of a worker may be before the log warns of it; 0 is off. Default: 1s. */
  loopDelayWarning?: Duration;
  /** How long the first new worker is compared with the old ones under real traffic. Default: 30s. */
  canaryTime?: Duration;
  /** How many requests the canary has to answer to pass before its time is over. Default: 0. */
  canaryRequests?: number;
  /** What a canary with too little traffic for a verdict counts as. Default: pass. */
  canaryInconclusive?: 'pass' | 'fail';
  /** How long an idle keep-alive connection stays open. Default: 75s. */
  keepAliveTimeout?: Duration;
  /** How long a client may take to send its headers. Default: 1m. */
  headersTimeout?: Duration;
  /** The least important line that is logged. Default: info. */
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** How a log line looks; auto is pretty on a terminal and JSON elsewhere. Default: auto. */
  logFormat?: 'auto' | 'json' | 'pretty';
  /** The file to append the log to, in place of standard error. Default: none. */
  logFile?: string;
  /** The unix socket that tshorn reload, status, scale and stop talk to. Default: $XDG_RUNTIME_DIR/tshorn/PID.sock, else in TMPDIR/tshorn-UID. */
  control?: string;
  /** A file that names the master active, for scripts and service managers. Default: none. */
  pidFile?: string;
  /** How long a hook may take. Default: 30s. */
  hookTimeout?: Duration;
  /** Functions to call at moments in the life of the master and of a worker. Default: none. */
  hooks?: Hooks;
}
