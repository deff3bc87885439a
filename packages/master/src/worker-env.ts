/**
 * The environment of a worker: that of the master, of `--environment-file` and of `env`, without the variables that are
 * meant for the master alone. `node:cluster` adds NODE_UNIQUE_ID and NODE_CHANNEL_FD, and removes them before the app runs.
 */
import type { Variables } from '@tshorn/config';
import { WATCH_VARIABLE } from '@tshorn/core';
import type { Identity } from './privileges.ts';
import type { Release } from './release.ts';

/**
 * The variable of `node --watch`, the options of tshorn, which a tshorn that the app starts would use (TSHORN_CONTROL above
 * all), and the variables of systemd for its main process: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3).
 */
const MASTERS_OWN = new RegExp(
  `^(${WATCH_VARIABLE}|TSHORN_.*|NOTIFY_SOCKET|WATCHDOG_(USEC|PID)|LISTEN_(PID|PIDFDID|FDS|FDNAMES))$`,
);

/** The variables that name the user, as su(1) and systemd set them. */
const ofUser = ({ name, home }: Identity): NodeJS.ProcessEnv => ({ HOME: home, USER: name, LOGNAME: name });

/** Both are the slot: TSHORN_SLOT always, NODE_APP_INSTANCE, which libraries read, unless somebody has set it. */
function ofSlot(slot: number, { variables, env }: { variables: Variables; env: NodeJS.ProcessEnv }) {
  // PM2 numbers the master, as the one instance that it knows.
  const ofMaster = env.pm_id === undefined ? env.NODE_APP_INSTANCE : undefined;
  const instance = ofMaster ?? variables.NODE_APP_INSTANCE ?? String(slot);
  return { TSHORN_SLOT: String(slot), NODE_APP_INSTANCE: instance };
}

type Source = Pick<Release, 'variables' | 'name'> & {
  readonly config: Pick<Release['config'], 'env' | 'nodeOptions'>;
};

/**
 * Returns the environment of the worker in a slot, for one release. As with Node's own `--env-file`, the environment of the
 * master wins over a file, even with an empty value; `env` of the config file wins over both. `undefined` removes a
 * variable that node:cluster would add from the master.
 */
export function workerEnv(
  { variables, config, name }: Source,
  env: NodeJS.ProcessEnv,
  identity: Identity | undefined,
  slot: number,
): NodeJS.ProcessEnv {
  const own = Object.keys({ ...process.env, ...env }).filter((name) => MASTERS_OWN.test(name));
  const { TSHORN_SLOT, ...instance } = ofSlot(slot, { variables, env });
  const nodeOptions = config.env.NODE_OPTIONS ?? env.NODE_OPTIONS ?? variables.NODE_OPTIONS;
  return {
    ...variables,
    ...env,
    ...Object.fromEntries(own.map((name) => [name, variables[name]])),
    ...(identity && ofUser(identity)),
    ...instance,
    ...config.env,
    TSHORN_SLOT,
    ...(name !== undefined && { TSHORN_RELEASE: name }),
    ...(config.nodeOptions !== undefined && {
      NODE_OPTIONS: [nodeOptions, config.nodeOptions].filter(Boolean).join(' '),
    }),
  };
}
