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
  /** Arguments for the app, in its process.argv: everything after --. Default: none. */
  appArgs?: readonly string[];
  /** The port that the app itself asks for in listen(): the server that does is the app. Default: none. */
  appPort?: number | false;
  /** The directory to run the app in. Default: the current directory. */
  cwd?: string;
  /** The name of the release, as status, releases, the log and rollback use it. Default: found out: the directory of the release, its Git tag or commit, or the version in package.json. */
  release?: string | false;
  /** Variables for the environment of the workers. Default: none. */
  env?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** A file of NAME=value lines for the environment of the workers; repeatable. Default: none. */
  envFile?: string | readonly string[] | false;
  /** Options of Node for the workers alone, behind those of NODE_OPTIONS. Default: none. */
  nodeOptions?: string | false;
  /** The address to listen on: HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or systemd:NAME; repeatable. Default: 127.0.0.1:8000, or :$PORT (every address, IPv6 and IPv4) when PORT is set; every socket that systemd passes, where it passes any. */
  bind?: string | readonly string[];
  /** How many connections the kernel queues for each address until a worker accepts them. Default: 511. */
  backlog?: number;
  /** A proxy tells the address of each client by a header of the PROXY protocol, before all else. Default: off. */
  proxyProtocol?: 'off' | 'v1' | 'v2' | 'auto';
  /** Permissions of unix sockets, in octal. Default: 660. */
  unixMode?: string;
  /** The file of a certificate with its chain, in PEM; repeatable, one for each --keyfile. Default: none. */
  certfile?: string | readonly string[];
  /** The file of the private key of a certificate, in PEM; the first belongs to the first --certfile. Default: none. */
  keyfile?: string | readonly string[];
  /** The file with the password of encrypted private keys. Default: none. */
  keyfilePasswordFile?: string | false;
  /** The file of the authorities that client certificates are checked against, in PEM. Default: none. */
  caCerts?: string | false;
  /** Asks clients for a certificate; required refuses a handshake without a valid one. Default: none. */
  certReqs?: 'none' | 'optional' | 'required';
  /** The lowest version of TLS that is spoken. Default: 1.2. */
  tlsMinVersion?: number | '1.2' | '1.3';
  /** The cipher suites that are offered, as a list of OpenSSL. Default: those of Node. */
  tlsCiphers?: string | false;
  /** A reload moves TLS 1.3 connections to the new workers, too. Default: yes. */
  tlsHandoff?: boolean;
  /** An address where plain HTTP is answered with a redirect (308) to https, such as :80. Default: none. */
  redirectHttp?: number | string | false;
  /** The number of worker processes, or a range in which it follows the load. Default: one per CPU, within the quota of the cgroup. */
  workers?: number | 'auto' | `${number}..${number | 'auto'}`;
  /** With a range: how busy the event loops of the workers are to be. Default: 60%. */
  scaleTarget?: number | string;
  /** With a range: the time over which the load is taken before more workers start. Default: 4s. */
  scaleUpAfter?: Duration;
  /** With a range: the time for which fewer workers must have been enough before some leave. Default: 1m. */
  scaleDownAfter?: Duration;
  /** The user that the workers run as; the master stays root and binds the addresses. Default: none. */
  user?: string | false;
  /** The group that the workers run in. Default: none. */
  group?: string | false;
  /** The umask of the workers, in octal. Default: none. */
  umask?: string | false;
  /** How long a worker may take from its start until it is ready. Default: 2m. */
  bootTimeout?: Duration;
  /** A worker is ready only when its app has called process.send('ready'). Default: no. */
  waitReady?: boolean;
  /** The path that a worker asks its own app for before it takes traffic; empty: no probe. Default: /_status. */
  statusPath?: string | false;
  /** A header of the probe's request, for an app that answers only to it; repeatable. Default: none. */
  statusHeader?: string | readonly string[] | false;
  /** How long one attempt of the probe may take. Default: 10s. */
  probeTimeout?: Duration;
  /** How many attempts the probe has before the worker counts as broken. Default: 3. */
  probeAttempts?: number;
  /** The pause between two attempts of the probe. Default: 500ms. */
  probeInterval?: Duration;
  /** How a worker reports the outcome of its probe to the master. Default: ipc. */
  statusTransport?: 'ipc' | 'udp';
  /** The UDP address that is sent the outcome of each worker. Default: none. */
  notify?: string | false;
  /** How a reload replaces the workers. Default: rolling. */
  reloadPlan?: 'rolling' | 'canary' | 'overlap' | 'replace';
  /** How many workers beyond the usual number may run during a reload. Default: by the plan. */
  maxSurge?: number | string | false;
  /** How many workers of the usual number may be missing during a reload. Default: 0. */
  maxUnavailable?: number | string;
  /** Keep drained workers until the reload commits, to serve again after a rollback. Default: yes. */
  park?: boolean;
  /** How long the last new worker must serve before the reload commits. Default: 1s. */
  soak?: Duration;
  /** How many nice levels a worker is lowered by while it boots beside workers that serve. Default: 10. */
  bootNice?: number;
  /** Keep the compiled code of a release, so that its next workers start faster. Default: yes. */
  compileCache?: boolean;
  /** Paths that a worker asks its own app for after the probe, before it takes traffic. Default: none. */
  warmUp?: string | readonly string[] | false;
  /** The number of warm-up requests in all, spread over the paths in turn. Default: 50. */
  warmUpRequests?: number;
  /** How long the warm-up may take in all; the requests that are left are then skipped. Default: 10s. */
  warmUpTimeout?: Duration;
  /** How long a draining worker may finish its requests before it is killed. Default: 30s. */
  grace?: Duration;
  /** How long a draining worker waits for the next request on an idle connection. Default: 1s. */
  idleLinger?: Duration;
  /** How long before the end of the grace period WebSockets are closed one by one; 0: all at its end. Default: 5s. */
  websocketSpread?: Duration;
  /** Move idle connections to another worker when theirs drains. Default: yes. */
  handoff?: boolean;
  /** How long a quick stop (INT, QUIT) lets requests finish. Default: 2s. */
  quickGrace?: Duration;
  /** How long to serve on after TERM, before the drain; the status path answers 503 meanwhile. Default: 0s. */
  stopDelay?: Duration;
  /** Recycle a worker after this many requests; 0: never. Default: 0. */
  maxRequests?: number;
  /** The most requests that are added to the limit, at random for each worker. Default: a tenth of --max-requests. */
  maxRequestsJitter?: number | false;
  /** Recycle a worker that holds more memory than this. Default: none. */
  maxMemory?: string | false;
  /** Recycle a worker when it is this old; 0: never. Default: 0s. */
  maxAge?: Duration;
  /** The most time that is added to the limit, at random for each worker. Default: a tenth of --max-age. */
  maxAgeJitter?: Duration | false;
  /** Recycle a worker whose heap or control group is this near to its memory limit; 0: never. Default: 92%. */
  heapGuard?: number | string;
  /** How long a worker finishes its other requests after an uncaught exception; 0: it ends at once. Default: 5s. */
  crashGrace?: Duration;
  /** How long a worker may miss heartbeats before it is replaced, its stack logged and its code ended; 0: no limit. Default: 30s. */
  timeout?: Duration;
  /** How long a request may wait for its response headers before a warning is logged; 0: no warning. Default: 1m. */
  requestTimeout?: Duration;
  /** How late the event loop of a worker may be before a warning is logged; 0: no warning. Default: 1s. */
  loopDelayWarning?: Duration;
  /** rescue: save the other connections and requests of a worker that hangs; kill: end it. Default: rescue. */
  onHang?: 'rescue' | 'kill';
  /** Open the inspector of a worker that hangs, on loopback, to read its stack and to rescue it. Default: yes. */
  hangDebugger?: boolean;
  /** shed: answer requests that have waited too long with 503 before the app runs; off: all reach the app. Default: off. */
  overload?: 'off' | 'shed';
  /** How long a request may wait for the app, while requests have waited all the time, before it is shed. Default: 200ms. */
  queueLimit?: Duration;
  /** Paths whose requests are never shed and do not wait, besides the status path. Default: /live,/ready. */
  overloadExempt?: string | readonly string[] | false;
  /** How long the canary is compared with the old workers under real traffic. Default: 30s. */
  canaryTime?: Duration;
  /** How many requests let a canary pass before its time is over; 0: by time alone. Default: 0. */
  canaryRequests?: number;
  /** The verdict on a canary that had too little traffic to judge. Default: pass. */
  canaryInconclusive?: 'pass' | 'fail';
  /** Speaks HTTP/2 too: by ALPN on https addresses, by prior knowledge (h2c) on plain ones. Default: no. */
  http2?: boolean;
  /** How long an idle keep-alive connection stays open. Default: 75s. */
  keepAliveTimeout?: Duration;
  /** How long a client may take to send its headers. Default: 1m. */
  headersTimeout?: Duration;
  /** The least important level that is logged. Default: info. */
  logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  /** The format of a log line; auto: pretty on a terminal, JSON elsewhere. Default: auto. */
  logFormat?: 'auto' | 'json' | 'pretty';
  /** The file to append the log to, instead of standard error. Default: none. */
  logFile?: string | false;
  /** The file to append to what the workers print, instead of standard output and standard error. Default: none. */
  outputFile?: string | false;
  /** The file to append a line to for each request; - for standard output. Default: none. */
  accessLog?: string | false;
  /** The lines of the access log; a template has Gunicorn's atoms, such as '%(h)s %(r)s %(s)s'. Default: combined. */
  accessLogFormat?: 'json' | 'common' | 'combined' | (string & {});
  /** Paths whose requests the access log leaves out, besides the status path. Default: the status path alone. */
  accessLogSkip?: string | readonly string[] | false;
  /** Proxies that are believed what they say of the address of a client. Default: none. */
  trustedProxies?: string | readonly string[] | false;
  /** Count requests by method, status and duration in each worker. Default: yes. */
  metrics?: boolean;
  /** Add what the app keeps with prom-client or @prometheus-io/client to /metrics, merged over the workers. Default: yes. */
  appMetrics?: boolean;
  /** The StatsD server that is sent requests, durations, workers and log lines, with the names of Gunicorn. Default: none. */
  statsd?: string | false;
  /** The prefix of the names that StatsD is sent. Default: none. */
  statsdPrefix?: string | false;
  /** Add the load of its worker to each response, for Envoy: the header endpoint-load-metrics of ORCA. Default: no. */
  endpointLoadMetrics?: boolean;
  /** The address on which the master answers /metrics, /status, /live, /ready, /startup and a page; repeatable. Default: none. */
  admin?: string | readonly string[] | false;
  /** The file with the token that every path of the admin listener but the probes asks for. Default: none. */
  adminToken?: string | false;
  /** How many workers must be ready for /ready to answer 200, and the agent to answer "up". Default: 1. */
  readyWorkers?: number;
  /** The address on which the master answers HAProxy's agent-check; repeatable. Default: none. */
  agent?: string | readonly string[] | false;
  /** The unix socket for tshorn reload, status, scale and stop. Default: $XDG_RUNTIME_DIR/tshorn/PID.sock, else in TMPDIR/tshorn-UID. */
  control?: string | false;
  /** The file that holds the PID of the active master, for scripts and service managers. Default: none. */
  pidFile?: string | false;
  /** For development: reload when a file that the app has loaded changes. Default: no. */
  watch?: boolean;
  /** With --watch: more files that cause a reload, such as templates; repeatable. Default: none. */
  watchPath?: string | readonly string[] | false;
  /** With --watch: files that cause no reload; repeatable. Default: none. */
  watchIgnore?: string | readonly string[] | false;
  /** Let a debugger attach to the workers; the address is that of worker 0. Default: none. */
  inspect?: boolean | number | string;
  /** As --inspect; each new worker waits for a debugger before the first line of the app. Default: none. */
  inspectBrk?: boolean | number | string;
  /** How long a hook may take. Default: 30s. */
  hookTimeout?: Duration;
  /** Functions to call at moments in the life of the master and of a worker. Default: none. */
  hooks?: Hooks;
}
