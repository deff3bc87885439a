/** Options that have another name here than in other programs, and options of Node. */
import { takesNextWord } from '@tshorn/core';

const FOREGROUND = 'tshorn stays in the foreground; tshorn unit APP prints a service';
const RELOADS = 'each reload loads the app anew, in the workers alone';

const VARIABLES = 'variables of the app stand in `env` of the config file, or in --environment-file FILE';
const HEADERS = "Node has one limit for all headers: --node-options '--max-http-header-size=16384'";
const pidFile = () => 'did you mean --pid-file?';

/** Far from its spelling, and still what it is called elsewhere: docs/decisions/environment-file-flag.md */
const OTHER_NAMES: Readonly<Record<string, (value: string) => string>> = {
  'env-file': () => 'did you mean --environment-file?',
  port: (value) => `did you mean --bind :${/^\d+$/.test(value) ? value : 'PORT'}?`,
  // Node's own cluster scripts, and PM2.
  instances: (value) =>
    /^\d+$/.test(value)
      ? `did you mean --workers ${value}?`
      : 'there is one worker per CPU without --workers',
  'max-memory-restart': (value) => `did you mean --max-memory ${/^\d/.test(value) ? value : 'SIZE'}?`,
  'kill-timeout': () => 'did you mean --grace?',
  'no-daemon': () => FOREGROUND,
  // Gunicorn and uWSGI.
  daemon: () => FOREGROUND,
  daemonize: () => FOREGROUND,
  reload: () => 'did you mean --watch?',
  preload: () => RELOADS,
  'lazy-apps': () => RELOADS,
  processes: (value) => `did you mean --workers ${/^\d+$/.test(value) ? value : 'N'}?`,
  threads: () => 'a worker has one thread; did you mean --workers?',
  'worker-class': () => 'a worker is a Node process with its event loop, and there is no other kind',
  'graceful-timeout': () => 'did you mean --grace?',
  harakiri: () => 'did you mean --timeout?',
  'keep-alive': () => 'did you mean --keep-alive-timeout?',
  keepalive: () => 'did you mean --keep-alive-timeout?',
  pid: pidFile,
  pidfile: pidFile,
  'error-logfile': () => 'did you mean --log-file?',
  errorlog: () => 'did you mean --log-file?',
  loglevel: () => 'did you mean --log-level?',
  'capture-output': () => 'did you mean --output-file?',
  'reload-extra-file': () => 'did you mean --watch-path?',
  'reload-extra-files': () => 'did you mean --watch-path?',
  env: () => VARIABLES,
  'raw-env': () => VARIABLES,
  'preload-app': () => RELOADS,
  accesslog: () => 'did you mean --access-log?',
  'log-config': () => 'the log has --log-file, --log-level and --log-format, and no other settings',
  logconfig: () => 'the log has --log-file, --log-level and --log-format, and no other settings',
  initgroups: () => 'supplementary groups are dropped with --user',
  'worker-connections': () => "to limit connections, set maxConnections of the app's own http.Server",
  'limit-request-line': () => HEADERS,
  'limit-request-field-size': () => HEADERS,
  'limit-request-fields': () => "set maxHeadersCount of the app's own http.Server",
  ciphers: () => 'did you mean --tls-ciphers?',
  'ssl-version': () => 'did you mean --tls-min-version?',
  https: () => 'did you mean --bind https://HOST:PORT, with --certfile and --keyfile?',
  'statsd-host': () => 'did you mean --statsd?',
  'dogstatsd-tags': () => 'StatsD is sent no tags; --statsd-prefix PREFIX tells one server from another',
  'forwarded-allow-ips': () =>
    "did you mean --trusted-proxies? Which of their headers the app believes is your framework's `trust proxy`",
  'proxy-allow-from': () => 'did you mean --trusted-proxies?',
  'proxy-allow-ips': () => 'did you mean --trusted-proxies?',
  'access-log-file': () => 'did you mean --access-log?',
  'access-logfile': () => 'did you mean --access-log?',
  'access-logformat': () => 'did you mean --access-log-format?',
  http: (value) => `did you mean --bind ${/^\S*:?\d+$/.test(value) ? value : ':PORT'}?`,
  'http-socket': (value) => `did you mean --bind ${/^\S*:?\d+$/.test(value) ? value : ':PORT'}?`,
};
const SHORTS: Readonly<Record<string, string>> = {
  p: 'port',
  i: 'instances',
  D: 'daemon',
  k: 'worker-class',
  t: 'harakiri',
  e: 'env',
  u: 'user',
  g: 'group',
  m: 'umask',
};

/**
 * Returns the option that is meant by one that does not exist; undefined for a name that nobody knows.
 * @param name without the dashes
 */
export function meantBy(name: string, value: unknown): string | undefined {
  // In a config file of Gunicorn the names have underscores.
  const long = (SHORTS[name] ?? name).replaceAll('_', '-');
  // `-p FILE` of Gunicorn is its PID file.
  if (name === 'p' && /[a-z/]/i.test(String(value)) && value !== true) return pidFile();
  const known = Object.hasOwn(OTHER_NAMES, long) ? OTHER_NAMES[long]?.(String(value)) : undefined;
  return known ?? (Object.hasOwn(SHORTS, name) ? `did you mean --${long}?` : undefined);
}

/**
 * Returns the command line with the options of Node where they belong: `tshorn --node-options '--import x' app.js`.
 * @param isOwn true for a name of tshorn's, with its dashes
 */
export function withNodeOptions(words: readonly string[], isOwn: (name: string) => boolean): string {
  const node: string[] = [];
  const others: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!isOfNode(word) || isOwn(nameOf(word))) {
      others.push(word);
      continue;
    }
    node.push(word);
    const values = takesNextWord(word) ? words.slice(at + 1, at + 2) : [];
    node.push(...values);
    at += values.length;
  }
  return ['tshorn', '--node-options', `'${node.join(' ')}'`, ...others].join(' ');
}

const nameOf = (word: string): string => word.split('=')[0] as string;

/** Node lists the options that NODE_OPTIONS may hold. */
export const isOfNode = (word: string): boolean =>
  word.startsWith('-') && process.allowedNodeEnvironmentFlags.has(nameOf(word));
