/**
 * The environment of a worker: that of the master and of `--environment-file`, without the variables that are meant for
 * the master alone. `node:cluster` adds NODE_UNIQUE_ID and NODE_CHANNEL_FD, and removes them before the app runs.
 */
import type { Identity } from './privileges.ts';
import type { Release } from './release.ts';

/**
 * The options of tshorn, which a tshorn that the app starts would use (TSHORN_CONTROL above all), and the variables of
 * systemd for its main process: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3).
 */
const MASTERS_OWN = /^(TSHORN_.*|NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(PID|PIDFDID|FDS|FDNAMES))$/;

/** The variables that name the user, as su(1) and systemd set them. */
const ofUser = ({ name, home }: Identity): NodeJS.ProcessEnv => ({ HOME: home, USER: name, LOGNAME: name });

/**
 * Returns the environment for one release. As with Node's own `--env-file`, the environment of the master wins over a
 * file, even with an empty value. `undefined` removes a variable that node:cluster would add from the master.
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
