/** Every key of an app in a PM2 ecosystem file, by all its names (PM2's own schema, version 7), and what becomes of it. */

/** Where it goes: into the config file (by the mappers), or nowhere and why. */
interface Row {
  /** Other spellings; the one in camel case need not be listed. */
  readonly also?: readonly string[];
  /** Nothing is lost without it: how tshorn has it by itself. */
  readonly unneeded?: string;
  /** Something is lost without it: what to do instead. `undefined` as a value, `false` and `''` lose nothing. */
  readonly lost?: string;
}

const RESTARTS =
  'a worker that ends is always replaced; in a crash loop the pauses grow up to 30 s, and the server never gives up';
const ONCE = 'a worker that ends is always replaced: run what ends by itself by cron or a systemd timer';
const DASHBOARD = "PM2's own dashboard: load an agent such as OpenTelemetry by nodeOptions: '--import ...'";
const AS_PRINTED = 'what the app prints is passed on as it is: let the logger of the app write the time';

export const KEYS = {
  name: {},
  script: { also: ['exec', 'cmd', 'command'] },
  cwd: {},
  args: {},
  exec_interpreter: { also: ['interpreter'] },
  node_args: { also: ['interpreter_args', 'interpreterArgs'] },
  instances: {},
  exec_mode: { unneeded: 'workers share the port in every mode' },
  env: {},
  port: {},
  wait_ready: {},
  listen_timeout: {},
  kill_timeout: {},
  shutdown_with_message: { unneeded: 'an app that waits for that message gets it' },
  max_memory_restart: {},
  watch: {},
  ignore_watch: {},
  watch_delay: { unneeded: 'a save reloads at once, and several at once reload once' },
  watch_options: { unneeded: 'no watcher library is used' },
  out_file: { also: ['out', 'output', 'out_log'] },
  error_file: { also: ['error', 'err', 'err_file', 'err_log'] },
  log_file: { also: ['log'] },
  disable_logs: {},
  merge_logs: { also: ['combine_logs'], unneeded: 'all workers write to one file' },
  log_type: { lost: AS_PRINTED },
  log_date_format: { lost: AS_PRINTED },
  time: { lost: AS_PRINTED },
  pid_file: { also: ['pid'] },
  instance_var: {},
  increment_var: {},
  source_map_support: {},
  disable_source_map_support: { unneeded: 'nothing is turned on unless asked for' },
  uid: { also: ['user'] },
  gid: {},
  cron_restart: { also: ['cron'] },
  append_env_to_name: {},
  max_restarts: { lost: RESTARTS },
  min_uptime: { lost: RESTARTS },
  restart_delay: { lost: RESTARTS },
  exp_backoff_restart_delay: { lost: RESTARTS },
  autorestart: {},
  stop_exit_codes: { lost: ONCE },
  autostart: {},
  treekill: { unneeded: 'tshorn ends its workers, and an app what it has started' },
  filter_env: {
    lost: 'the workers get the environment that tshorn is started with: leave the variable out there, or set it to an empty text in env',
  },
  post_update: { lost: 'put these commands into the deploy script, before tshorn reload' },
  namespace: { unneeded: 'each config file is a server of its own' },
  name_prefix: { unneeded: 'each config file is a server of its own' },
  install_url: { unneeded: 'a deploy script installs' },
  execute_command: { unneeded: 'see exec_mode' },
  force: { unneeded: 'each start is a server of its own' },
  vizion: { unneeded: 'no version control is read' },
  windowsHide: { unneeded: 'Linux and macOS only' },
  username: { unneeded: 'PM2 writes it itself' },
  kill_retry_time: { unneeded: 'the end of a process is an event, not asked for' },
  write: { unneeded: 'an option of the pm2 command line' },
  automation: { unneeded: 'nothing is loaded into the app' },
  pmx: { unneeded: 'nothing is loaded into the app' },
  disable_trace: { unneeded: 'nothing is loaded into the app' },
  trace: { lost: DASHBOARD },
  v8: { lost: DASHBOARD },
  event_loop_inspector: { lost: DASHBOARD },
  deep_monitoring: { lost: DASHBOARD },
  io: { lost: DASHBOARD },
} as const satisfies Readonly<Record<string, Row>>;

export type Key = keyof typeof KEYS;

export const ROWS: Readonly<Record<Key, Row>> = KEYS;

const camel = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Every spelling -> key. The key itself comes first, and wins. */
export const SPELLINGS: ReadonlyMap<string, Key> = new Map(
  (Object.keys(KEYS) as Key[]).flatMap((key) =>
    [key, camel(key), ...(ROWS[key].also ?? [])].map((name): [string, Key] => [name, key]),
  ),
);

/** `env_production`: the variables of `--env production`. */
export const ENVIRONMENT = /^env_(\S+)$/;
