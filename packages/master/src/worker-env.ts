/**
 * The environment of a worker: that of the master and of `--environment-file`, without what is meant for
 * the master alone. What `node:cluster` adds (NODE_UNIQUE_ID, NODE_CHANNEL_FD) it takes away before the app runs.
 */
import type { Identity } from './privileges.ts';
import type { Release } from './release.ts';

/**
 * Our own options, which a tshorn that the app starts would take for its own (TSHORN_CONTROL above all), and
 * what systemd says to its main process: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3).
 */
const MASTERS_OWN = /^(TSHORN_.*|NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(PID|PIDFDID|FDS|FDNAMES))$/;

/** What says whose session this is, as su(1) and systemd set it. */
const ofUser = ({ name, home }: Identity): NodeJS.ProcessEnv => ({ HOME: home, USER: name, LOGNAME: name });

/**
 * As with Node's own `--env-file`, the environment of the master wins over a file, even where it is empty.
 * `undefined` takes a variable away, since node:cluster adds what the master has.
 */
export function workerEnv(
  { variables }: Pick<Release, 'variables'>,
  env: NodeJS.ProcessEnv,
  identity: Identity | undefined,
): NodeJS.ProcessEnv {
  const own = Object.keys({ ...process.env, ...env }).filter((name) => MASTERS_OWN.test(name));
  return {
    ...variables,
    ...env,
    ...Object.fromEntries(own.map((name) => [name, variables[name]])),
    ...(identity && ofUser(identity)),
  };
}
