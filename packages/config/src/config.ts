/** The two shapes of a configuration: what people write, and what the server runs with. */
import type { BindAddress, MemorySize, Share } from '@tshorn/core';
import type { Hooks } from './hooks.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
export type LogFormat = 'auto' | 'json' | 'pretty';
/** What becomes of a release when its canary had too little traffic for a verdict. */
export type CanaryInconclusive = 'pass' | 'fail';
export type StatusTransport = 'ipc' | 'udp';

/** How a reload replaces the workers. */
export type ReloadPlan = 'rolling' | 'canary' | 'overlap' | 'replace';

/** Where a UDP announcement goes. */
export interface UdpTarget {
  readonly host: string;
  readonly port: number;
}

/** Resolved: nothing is missing, durations are milliseconds, paths are absolute. `app` is as written. */
export interface Config {
  readonly app: string;
  readonly appArgs: readonly string[];
  readonly cwd: string;
  /** Files of variables for the workers; a later one wins over an earlier one. */
  readonly envFile: readonly string[];
  readonly bind: readonly BindAddress[];
  readonly backlog: number;
  readonly unixMode: number;
  readonly workers: number;
  /** A name or a number; undefined: workers run as the user of the master. */
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** Undefined: that of the master. */
  readonly umask: number | undefined;
  readonly bootTimeout: number;
  /** Empty: no probe. */
  readonly statusPath: string;
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeInterval: number;
  readonly statusTransport: StatusTransport;
  readonly notify: UdpTarget | undefined;
  /** 0: workers boot at the priority of the master. */
  readonly bootNice: number;
  readonly compileCache: boolean;
  /** Empty: no warm-up. */
  readonly warmUp: readonly string[];
  readonly warmUpRequests: number;
  readonly warmUpTimeout: number;
  readonly grace: number;
  readonly idleLinger: number;
  /** 0: WebSockets are force-closed at the end of the grace. */
  readonly websocketSpread: number;
  readonly handoff: boolean;
  readonly quickGrace: number;
  /** 0: none. */
  readonly stopDelay: number;
  /** 0: a worker that hangs is left alone. */
  readonly timeout: number;
  /** 0: no warning. */
  readonly requestTimeout: number;
  /** 0: no warning. */
  readonly loopDelayWarning: number;
  readonly reloadPlan: ReloadPlan;
  readonly maxSurge: Share | undefined;
  readonly maxUnavailable: Share;
  readonly park: boolean;
  readonly soak: number;
  readonly canaryTime: number;
  /** 0: by time alone. */
  readonly canaryRequests: number;
  readonly canaryInconclusive: CanaryInconclusive;
  /** 0: no limit. */
  readonly maxRequests: number;
  /** Undefined: a tenth of maxRequests. */
  readonly maxRequestsJitter: number | undefined;
  readonly maxMemory: MemorySize | undefined;
  /** 0: no limit. */
  readonly maxAge: number;
  /** Undefined: a tenth of maxAge. */
  readonly maxAgeJitter: number | undefined;
  readonly keepAliveTimeout: number;
  readonly headersTimeout: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: standard error. */
  readonly logFile: string | undefined;
  /** Undefined: no control socket. */
  readonly control: string | undefined;
  /** Undefined: none. */
  readonly pidFile: string | undefined;
  readonly hookTimeout: number;
  readonly hooks: Hooks;
}

/** A number of seconds, or text such as `500ms`, `30s`, `2m`, `1h`. */
export type Duration = number | string;

/** What a config file exports and what `start()` takes. Everything is optional. */
export interface UserConfig {
  /** An editor's schema for a JSON file; not read. */
  $schema?: string;
  /** The app's file, with `:name` for a named export: `app.js`, `dist/server.js:handler`. */
  app?: string;
  /** What the app finds in `process.argv` after its own path. */
  appArgs?: readonly string[];
  /** The directory to run in; a relative one starts from the config file's own directory. */
  cwd?: string;
  /** One or several files of `NAME=value` lines for the workers; a relative one starts from the config file's own directory. */
  envFile?: string | readonly string[];
  /** `HOST:PORT`, `:PORT`, `[IPV6]:PORT`, `PORT`, `unix:PATH` or `systemd:NAME`; one or several. */
  bind?: string | readonly string[];
  /** How many connections the kernel queues for each address before a worker accepts them. */
  backlog?: number;
  /** Permissions of unix sockets in octal, as text: `'660'`. */
  unixMode?: string;
  /** How many worker processes. */
  workers?: number;
  /** The user to run the workers as: a name or a number as text. The master has to be root. */
  user?: string;
  /** The group to run the workers in. Default: that of `user`. */
  group?: string;
  /** The umask of the workers in octal, as text: `'027'`. */
  umask?: string;
  /** How long a worker may take from its start to being ready. */
  bootTimeout?: Duration;
  /** The path that a worker asks its own app for before it is admitted; `''` is no probe. */
  statusPath?: string;
  /** How long one attempt of the probe may take. */
  probeTimeout?: Duration;
  /** How often the probe is tried before the worker counts as broken. */
  probeAttempts?: number;
  /** The pause between two attempts of the probe. */
  probeInterval?: Duration;
  /** How a worker tells the master the outcome of its probe. */
  statusTransport?: StatusTransport;
  /** `udp://HOST:PORT` is sent the outcome of each worker; `''` is nobody. */
  notify?: string;
  /** How many nice levels a worker that boots beside serving ones is lowered by, 0 to 19. Default: 10. */
  bootNice?: number;
  /** Whether workers keep what V8 has compiled (Node 22.1 and newer). Default: true. */
  compileCache?: boolean;
  /** Paths that a worker asks its own app for before it takes traffic: `['/', '/api/items']`. */
  warmUp?: string | readonly string[];
  /** How many warm-up requests in all. Default: 50. */
  warmUpRequests?: number;
  /** How long the warm-up may take in all. Default: 10 s. */
  warmUpTimeout?: Duration;
  /** How long a draining worker may finish its requests. */
  grace?: Duration;
  /** How long a draining worker waits for the next request on an idle connection. */
  idleLinger?: Duration;
  /** Over how long a draining worker closes its WebSockets, at the end of the grace; 0 cuts them. Default: 5 s. */
  websocketSpread?: Duration;
  /** Whether idle connections move to another worker when theirs drains. Default: true. */
  handoff?: boolean;
  /** How long a quick stop lets requests finish. */
  quickGrace?: Duration;
  /** How long to serve on after a graceful stop was asked for, while `statusPath` answers 503. Default: 0. */
  stopDelay?: Duration;
  /** How long a worker may give no heartbeat before it is replaced; 0 is for ever. Default: 30 s. */
  timeout?: Duration;
  /** How long a request may wait for its response headers before the log warns of it; 0 is off. Default: 60 s. */
  requestTimeout?: Duration;
  /** How late a worker's event loop may be before the log warns of it; 0 is off. Default: 1 s. */
  loopDelayWarning?: Duration;
  /** How a reload replaces the workers. Default: `rolling`. */
  reloadPlan?: ReloadPlan;
  /** How many workers more than usual there may be during a reload: a number, or text such as `'25%'`. */
  maxSurge?: number | string;
  /** How many workers fewer than usual may serve during a reload. Default: 0. */
  maxUnavailable?: number | string;
  /** Whether drained workers are kept until the reload commits, to serve again if it does not. Default: true. */
  park?: boolean;
  /** How long the last new worker must have served before a reload commits. */
  soak?: Duration;
  /** How long a canary is compared with the old workers. Default: 30s. */
  canaryTime?: Duration;
  /** How many requests a canary has to answer to pass before that time is over; 0 is by time alone. */
  canaryRequests?: number;
  /** What a canary with too little traffic for a verdict counts as. Default: pass. */
  canaryInconclusive?: CanaryInconclusive;
  /** A worker is recycled after so many requests; 0 is never. Default: 0. */
  maxRequests?: number;
  /** How many requests later at the most, drawn anew for each worker. Default: a tenth of maxRequests. */
  maxRequestsJitter?: number;
  /** A worker that holds more is recycled: text such as `'512MB'`, or `'40%'` of the container's limit. */
  maxMemory?: string;
  /** A worker is recycled when it is this old; 0 is never. Default: 0. */
  maxAge?: Duration;
  /** How much later at the most, drawn anew for each worker. Default: a tenth of maxAge. */
  maxAgeJitter?: Duration;
  /** How long an idle keep-alive connection stays open. */
  keepAliveTimeout?: Duration;
  /** How long a client may take to send its headers. */
  headersTimeout?: Duration;
  logLevel?: LogLevel;
  logFormat?: LogFormat;
  /** A file to append the log to; `''` is standard error. */
  logFile?: string;
  /** The path of the control socket; `''` is none. */
  control?: string;
  /** A file that names the master active; `''` is none. */
  pidFile?: string;
  /** How long a hook may take. */
  hookTimeout?: Duration;
  /** Functions to call at moments in the life of the master and of a worker. */
  hooks?: Hooks;
}
